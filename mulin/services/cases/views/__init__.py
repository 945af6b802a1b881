"""The doors: neighbour pages and desk pages."""
