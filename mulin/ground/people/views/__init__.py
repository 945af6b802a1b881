"""Doors of people: the directory, leaves."""
