"""Inspect any CSR, certificate, key or backup: describe each item, and find the items that belong together."""
