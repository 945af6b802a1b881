"""Doors of the points bank: a passbook (`passbook`), the counter (`desk`)."""
