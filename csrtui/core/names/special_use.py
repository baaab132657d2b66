"""Special-use names and addresses: for documentation, tests and internal networks.

A top-level domain is internal if the public suffix list has no rule for it. `INTERNAL` lists the purposes of some.
"""

import re
from collections.abc import Container
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
"""The purpose of each name that nobody can own. It also applies to the names below it."""

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
"""The purpose of each suffix for internal networks. The source is RFC 6762 appendix G unless another one is given."""

_SPECIAL_BLOCKS: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)  # fmt: skip
"""The IANA registries of special-purpose addresses (RFC 6890), and IPv4 multicast (RFC 5771).

`ipaddress.is_global` is not used, because it differs between Python versions and is true for globally reachable blocks.
"""
_PUBLIC_IPV6: Final = "2000::/3"
"""The only IPv6 block with public addresses (RFC 4291 2.4). Loopback, private, mapped and multicast are outside it."""

REVERSE_ZONES: Final = ("in-addr.arpa", "ip6.arpa")
_ONION_V3 = r"(?:[a-z0-9_-]+\.|\*\.)*([a-z2-7]{56})\.onion"


def matching_suffix(name: str, suffixes: Container[str]) -> str | None:
    """Return the last label or the last two labels of a name if they are in `suffixes`, otherwise None."""
    labels = name.split(".")
    return next((suffix for count in (1, 2) if (suffix := ".".join(labels[-count:])) in suffixes), None)


def is_onion_v3(name: str) -> bool:
    """Return whether a ``.onion`` name is a valid version 3 address (Tor rend-spec-v3 6, BR appendix B)."""
    match = re.fullmatch(_ONION_V3, name)
    if match is None:
        return False
    from base64 import b32decode
    from hashlib import sha3_256

    decoded = b32decode(match[1].upper())
    key, checksum, version = decoded[:32], decoded[32:34], decoded[34:]
    return version == b"\x03" and sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum


def is_private_address(text: str) -> bool:
    """Return whether an address is private or reserved: in a special-purpose block, or outside the public IPv6 block.

    Globally reachable special-purpose blocks (6to4, AS112) count too, because the Baseline Requirements include every
    entry of the IANA special-purpose registries (BR 1.6.1). IPv4-mapped addresses are outside the public IPv6 block.
    """
    from ipaddress import ip_address

    address = ip_address(text)
    special, public = _blocks()
    is_outside = address.version == public.version and address not in public
    return is_outside or any(address in block for block in special)


@cache
def _blocks() -> "tuple[tuple[IPv4Network | IPv6Network, ...], IPv6Network]":
    from ipaddress import IPv6Network, ip_network

    return tuple(ip_network(block) for block in _SPECIAL_BLOCKS), IPv6Network(_PUBLIC_IPV6)
