"""Doors of the JSON API. ``door``: what all of them have in common; ``facts``, ``cases``: the operations; ``page``: the
description for people."""
