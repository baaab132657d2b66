"""Special-use names: for documentation, for tests, for internal networks; and addresses of these kinds.

A top-level domain without a rule in the public suffix list is internal whether or not the table lists it; the table
only adds what it is for.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

RESERVED: Final = {
    "example.com": "for documentation (RFC 2606)",
    "example.net": "for documentation (RFC 2606)",
    "example.org": "for documentation (RFC 2606)",
    "example": "for documentation (RFC 6761)",
    "test": "for tests (RFC 6761)",
    "invalid": "for names that must not exist (RFC 6761)",
    "localhost": "for the machine itself (RFC 6761)",
}
"""Names that nobody can own, with all names below them, and what they are for."""

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
"""Endings that work only in internal networks, and what they are for (RFC 6762 appendix G where no source is named)."""

_SPECIAL_BLOCKS: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)  # fmt: skip
"""IANA's registries of special-purpose addresses (RFC 6890), and IPv4 multicast (RFC 5771).

Not `ipaddress.is_global`: it differs between releases of Python, and lets pass what is reachable from everywhere.
"""
_PUBLIC_IPV6: Final = "2000::/3"
"""The only IPv6 space that is given out (RFC 4291 2.4); loopback, private, mapped and multicast lie outside."""

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
    """Whether an address is private or reserved: in any block of the tables, or outside of the public IPv6 space.

    That a block is reachable from everywhere (6to4, AS112) makes no difference: the Baseline Requirements name
    every entry of IANA's registries of special purposes (BR 1.6.1). That holds for IPv4-mapped addresses too.
    """
    from ipaddress import ip_address

    address = ip_address(text)
    special, public = _blocks()
    return any(address in block for block in special) or (
        address.version == public.version and address not in public
    )


@cache
def _blocks() -> "tuple[tuple[IPv4Network | IPv6Network, ...], IPv6Network]":
    from ipaddress import IPv6Network, ip_network

    return tuple(ip_network(block) for block in _SPECIAL_BLOCKS), IPv6Network(_PUBLIC_IPV6)
