"""Adopt keys made elsewhere: search for them, match them with their CSRs and certificates, and add them as pairs."""
