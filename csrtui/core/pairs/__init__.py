"""Pairs of a private key and its CSR: records, JSON, names, summaries, queries, counts, charts and exports."""
