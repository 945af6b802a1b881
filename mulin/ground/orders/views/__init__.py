"""Doors of orders: the hall, asking, one ask, what staff look after."""
