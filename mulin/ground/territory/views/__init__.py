"""Doors of the territory: places and grids, who serves them, teams, stations, tables."""
