"""Recipients of backups, and the identities that open them."""

from __future__ import annotations

import os
import struct
from base64 import b64encode
from functools import cache

import pyrage
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@cache
def age_pair(_number: int = 0) -> tuple[bytes, str]:
    """Return the file of an age identity, and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    return f"# made for a test\n\n{identity}\n".encode(), str(identity.to_public())


@cache
def ssh_pair(kind: str) -> tuple[bytes, str]:
    """Return the file of an SSH private key without a passphrase, and its public line without a comment."""
    key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind == "ssh-ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    elif kind == "ssh-rsa":
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def blob(*fields: bytes) -> str:
    """Return an SSH blob in base64."""
    return b64encode(b"".join(struct.pack(">I", len(field)) + field for field in fields)).decode()


def bech32(prefix: str, data: bytes) -> str:
    """Encode Bech32 (BIP 173) independently of the code under test."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    return from_values(prefix, values)


def from_values(prefix: str, values: list[int]) -> str:
    """Return the Bech32 text of groups of five bits, with the correct checksum."""
    whole = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6
    remainder = 1
    for value in whole:
        top = remainder >> 25
        remainder = ((remainder & 0x1FFFFFF) << 5) ^ value
        for at, number in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> at & 1:
                remainder ^= number
    remainder ^= 1
    checksum = [remainder >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{prefix}1" + "".join(CHARACTERS[value] for value in values + checksum)


def random_recipient() -> str:
    """Return a recipient without a known identity."""
    return bech32("age", os.urandom(32))
