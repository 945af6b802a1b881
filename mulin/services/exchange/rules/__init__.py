"""Pure decisions: of the shop (``shop``), of merchants and discounts (``merchants``)."""
