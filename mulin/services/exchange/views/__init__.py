"""Doors of the exchange."""
