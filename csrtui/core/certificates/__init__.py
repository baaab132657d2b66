"""Build, read, chain and compare certification requests (CSRs) and certificates."""
