"""The example county in tables.

Published: codes and names of 建平县. Invented: people, outlines, compounds, every case.
"""
