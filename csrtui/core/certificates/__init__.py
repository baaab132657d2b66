"""Certification requests (CSRs) and certificates: made, read, chained and compared."""
