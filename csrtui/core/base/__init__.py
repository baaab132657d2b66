"""Errors, secrets, findings, times, ASN.1, JSON members and text escaping for all other packages."""
