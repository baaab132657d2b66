"""Adopt keys made elsewhere: search, match with their CSRs and certificates, add as pairs."""
