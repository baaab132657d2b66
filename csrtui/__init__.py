"""csrtui: certificate requests from an SSH session, and the keystore that remembers them."""

__version__ = "0.1.0"
