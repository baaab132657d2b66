"""Search for secrets, in every form in which a passphrase or a private key could be stored."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CANARY = "Kanarienvogel im Bergwerk 17"
"""The passphrase."""
_A_PIECE = 24
"""The number of base64 characters to search for at the end and the start of a PEM line, and across lines."""


def forms_of_passphrase(text: str = CANARY) -> list[bytes]:
    """Return the passphrase as text, in hex, in base64 at each offset, and in UTF-16 of both byte orders."""
    data = text.encode()
    shifted = [b64encode(b"x" * offset + data)[4 * (offset > 0) : -4] for offset in range(3)]
    return [data, data.hex().encode(), *shifted, text.encode("utf-16-le"), text.encode("utf-16-be")]


def forms_of_key(pem: bytes) -> list[bytes]:
    """Return the PEM lines, the DER and the private number of a key: raw, in hex, in decimal and in base64."""
    key = load_pem_private_key(pem, None)
    assert isinstance(key, EllipticCurvePrivateKey)
    number = key.private_numbers().private_value
    raw = number.to_bytes(32)
    first, second, *_ = [line for line in pem.splitlines() if not line.startswith(b"-")]
    at = (
        b64decode(first + second).index(raw) * 4 // 3 + 1
    )  # the octets before it only contain the kind of key
    hexadecimal = raw.hex().encode()
    pieces = [first[at:], second[:_A_PIECE], (first + second)[at:][:_A_PIECE]]
    return [raw, hexadecimal, hexadecimal.upper(), str(number).encode(), b64encode(raw)[:-4], *pieces]


def found_in(data: bytes, secrets: Iterable[bytes]) -> bool:
    """Return whether one of the forms is in the data."""
    return any(secret in data for secret in secrets)


def holding(folder: Path, secrets: Iterable[bytes]) -> set[str]:
    """Return the files below a folder whose content or name contains one of the forms."""
    known = list(secrets)
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if found_in(os.fsencode(path.name), known) or (path.is_file() and found_in(path.read_bytes(), known))
    }
