"""The only code that accesses the disk: files with safe permissions, locks and the keystore."""
