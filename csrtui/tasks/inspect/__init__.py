"""Inspect any CSR, certificate, key or backup: describe each item, and say how the items belong together."""
