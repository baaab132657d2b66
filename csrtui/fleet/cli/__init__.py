"""The command line of ``csrtui fleet``."""
