"""Backup files, age encryption and its recipients, and confirmations that a backup was restored."""
