"""Pairs of a private key and its CSR: records, JSON, names, list summaries, queries and dates."""
