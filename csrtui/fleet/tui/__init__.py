"""The screens over many hosts."""
