"""Names that are set aside: for documentation, for tests, for inside.

A top-level domain that is in no public list counts as internal whether or not it stands here; the table
only says what it is for.
"""

import re
from typing import Final

RESERVED: Final = {
    "example.com": "for documentation (RFC 2606)",
    "example.net": "for documentation (RFC 2606)",
    "example.org": "for documentation (RFC 2606)",
    "example": "for documentation (RFC 6761)",
    "test": "for tests (RFC 6761)",
    "invalid": "for names that must not exist (RFC 6761)",
    "localhost": "for the machine itself (RFC 6761)",
}
"""Names that nobody can own, with all below them, and what they are for."""

INTERNAL: Final = {
    "local": "for names on the local link (RFC 6762)",
    "internal": "for private networks (ICANN 2024)",
    "home.arpa": "for home networks (RFC 8375)",
    "alt": "for names outside the DNS (RFC 9476)",
    "lan": "for local networks",
    "corp": "for company networks (never delegated, ICANN 2018)",
    "home": "for home networks (never delegated, ICANN 2018)",
    "mail": "for mail hosts (never delegated, ICANN 2018)",
    "intranet": "for intranets",
    "private": "for private networks",
    "localdomain": "for the machine itself",
}
"""Endings that only work inside, and what they are for (RFC 6762 appendix G for those without a source)."""

_REVERSE_ZONES: Final = ("in-addr.arpa", "ip6.arpa")
_ONION_V3 = re.compile(r"(?:[a-z0-9_-]+\.|\*\.)*([a-z2-7]{56})\.onion")


def _ending(name: str, endings: tuple[str, ...] | dict[str, str]) -> str | None:
    """The ending that the name is, or is below of."""
    parts = name.split(".")
    for depth in (1, 2):
        ending = ".".join(parts[-depth:])
        if ending in endings:
            return ending
    return None


def reserved_ending(name: str) -> str | None:
    """The reserved name that a written name is or lies under, if any."""
    return _ending(name, RESERVED)


def internal_ending(name: str) -> str | None:
    """The internal ending that a written name is or lies under, if the table has it."""
    return _ending(name, INTERNAL)


def reverse_zone(name: str) -> str | None:
    """``in-addr.arpa`` or ``ip6.arpa``, where a written name is or lies under it."""
    return _ending(name, _REVERSE_ZONES)


def is_onion(name: str) -> bool:
    """Whether a written name lies under ``.onion`` (RFC 7686)."""
    return name.endswith(".onion")


def is_onion_v3(name: str) -> bool:
    """Whether a ``.onion`` name is a version 3 address: its checksum fits (Tor rend-spec-v3 6, BR appendix B)."""
    match = _ONION_V3.fullmatch(name)
    if match is None:
        return False
    from base64 import b32decode
    from hashlib import sha3_256

    raw = b32decode(match[1].upper())
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return version == b"\x03" and sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum


def is_private_address(text: str) -> bool:
    """Whether an address is private or reserved: not one of the public internet's (IANA's registries).

    An IPv4-mapped address is judged by its IPv4 part.
    """
    from ipaddress import IPv6Address, ip_address

    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return not address.is_global or address.is_multicast or address.is_reserved
