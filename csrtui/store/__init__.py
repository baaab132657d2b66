"""The only code that touches the disk: safe files, locks, the keystore."""
