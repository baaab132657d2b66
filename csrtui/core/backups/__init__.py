"""Backup files, age recipients, and confirmations that a backup was restored."""
