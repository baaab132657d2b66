"""Building blocks for all other packages: errors, secrets, findings, times, ASN.1, JSON members and text escaping."""
