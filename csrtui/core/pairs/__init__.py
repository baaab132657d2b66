"""Pairs of a private key and its CSR: record, JSON, name, list summary, query and dates."""
