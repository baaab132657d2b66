"""cryptography's encodings, imported without its SSH formats, which take 8 ms."""

try:
    from cryptography.hazmat.primitives._serialization import Encoding, PublicFormat
except ImportError:  # a private module can move
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = ["Encoding", "PublicFormat"]
