"""Measured against peers in one run; never a timed test. ``make bench`` runs every part and prints JSON lines."""
