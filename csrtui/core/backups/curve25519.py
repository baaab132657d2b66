"""Points of Curve25519 that no key exchange can be had with (RFC 7748 6.1, 7).

With a point of small order the shared secret is the same for everybody: what is encrypted to it, anyone opens.
"""

from typing import Final

BYTES: Final = 32

_P: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)
"""The u-coordinates of the points of order 1, 2, 4 and 8, on the curve and its twist (RFC 7748 7, curve25519's own page)."""


def u_of(key: bytes) -> int:
    """Return the u-coordinate in an X25519 public key of 32 bytes; its highest bit says nothing (RFC 7748 5)."""
    return (int.from_bytes(key, "little") & (1 << 255) - 1) % _P


def u_of_edwards(key: bytes) -> int | None:
    """Return the u-coordinate of an Ed25519 public key of 32 bytes (RFC 7748 4.1), or None for the neutral point."""
    y = (int.from_bytes(key, "little") & (1 << 255) - 1) % _P
    if y == 1:
        return None
    return (1 + y) * pow(1 - y, -1, _P) % _P


def is_small_order(u: int) -> bool:
    """Whether a point is one of those that give everybody the same secret."""
    return u in _SMALL_ORDER
