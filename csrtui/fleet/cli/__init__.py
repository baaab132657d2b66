"""The commands ``csrtui fleet …``."""
