"""Reads of volunteering: what it declares to the engine of orders."""

from mulin.services.volunteering.rules import CUSTOMER, KINDS, WISHES

__all__ = ["CUSTOMER", "KINDS", "WISHES"]
