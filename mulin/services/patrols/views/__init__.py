"""Doors of patrols: what is walked, and what is planned."""
