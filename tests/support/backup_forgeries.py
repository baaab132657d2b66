"""Backups changed by an attacker who can write to the medium, but does not know the passphrase."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING

from backups_made import PASSPHRASE, backup, key_block, unsigned
from requests_made import der_of, key_of

from csrtui.core.backups.header import KeyProtection
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 14
RANDOM = 400
"""The number of files with random changes."""
_QUICK = 10


@cache
def foreign_key_blocks() -> tuple[bytes, ...]:
    """Return key blocks of another person, in all forms that openssl reads."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = key_of(KeyType.EC_P384)
    traditional = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    same, other = (
        pkcs8.encrypt(key, secret, bytes(pkcs8.ENTROPY_BYTES), _QUICK)
        for secret in (PASSPHRASE, Secret("another"))
    )
    return key_types.private_pem(key), traditional, same, other


@cache
def foreign_requests() -> tuple[bytes, ...]:
    """Return CSRs of another person for other names, with both labels."""
    der = der_of(SubjectFields(common_name="evil.com"), "evil.com", key_type=KeyType.EC_P384)
    block = csr.to_pem(der)
    return block, block.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")


def exchanged_request() -> bytes:
    """Return a CSR of the backup's key for another name of the same length. Its own signature is invalid."""
    der = der_of(SubjectFields(common_name="a.com"), "a.com")
    return csr.to_pem(der.replace(b"a.com", b"b.com"))


def disguised(block: bytes) -> Iterator[bytes]:
    """Return variants of a block that openssl may still read, with blanks, marks and bytes around its lines."""
    begin, _, rest = block.partition(b"\n")
    yield block
    yield begin + b" \t\n" + rest
    yield begin + b"\xff\x80\n" + rest
    yield begin + b"\0\n" + rest
    yield begin + b"\x0b\x0c\n" + rest
    yield b"\xef\xbb\xbf" + block
    yield b" " + block
    yield b"x" * 254 + block
    yield b"x " * 127 + block
    yield b"text " + block
    yield b"\r" + block
    yield block.replace(b"\n", b"\r")
    yield block.replace(b"\n", b"\r\n")
    yield block.replace(b"-----BEGIN ", b"-----BEGIN  ")
    yield block.replace(b"-----BEGIN ", b"----- BEGIN ")
    yield begin + b" " * 260 + b"\n" + rest
    yield begin + b"\nComment: x\n\n" + rest
    yield block.lower()


def originals() -> tuple[bytes, ...]:
    """Return good files: signed ones, one of an earlier version, and one with only the blocks."""
    return backup(KeyProtection.PLAIN), backup(KeyProtection.ENCRYPTED), unsigned(), _bare(backup())


def forgeries() -> Iterator[bytes]:
    """Return forged files: foreign blocks at every place, moved lines, and random changes of bytes."""
    for original in originals():
        for put_in in (*foreign_key_blocks(), *foreign_requests()):
            for one in disguised(put_in):
                for at in _places(original):
                    yield original[:at] + one + original[at:]
            yield from (put_in + original, original + put_in)
        yield from _in_der(original)
        yield original.replace(_block(original, b"CERTIFICATE REQUEST"), exchanged_request())
        yield original.replace(key_block(), foreign_key_blocks()[2])
    yield from _at_random()


def _bare(data: bytes) -> bytes:
    return data[data.index(b"-----BEGIN") :]


def _block(data: bytes, label: bytes) -> bytes:
    end = b"-----END %s-----\n" % label
    return data[data.index(b"-----BEGIN %s-----" % label) : data.index(end) + len(end)]


def _places(data: bytes) -> list[int]:
    """Return the places at the start, before the key, in it, between key and CSR, and at the end."""
    key, request_at = data.index(b"-----BEGIN"), data.index(b"-----BEGIN CERTIFICATE REQUEST")
    return sorted({0, key, data.index(b"\n", key) + 1, request_at, len(data)})


def _in_der(data: bytes) -> Iterator[bytes]:
    for block in foreign_key_blocks():
        der = pkcs8.to_der(block)
        for at in _places(data):
            yield data[:at] + der + data[at:]
            yield data[:at] + der + b"\n" + data[at:]


def _at_random() -> Iterator[bytes]:
    random = Random(SEED)  # noqa: S311 - the same files in every run
    for _ in range(RANDOM):
        lines = random.choice(originals()).splitlines(keepends=True)
        lines += random.choice(foreign_key_blocks()).splitlines(keepends=True)
        lines += random.choice(foreign_requests()).splitlines(keepends=True)
        for _ in range(random.randint(1, 6)):
            at, to = random.randrange(len(lines)), random.randrange(len(lines))
            change = random.randrange(4)
            if change == 0:
                lines.insert(to, lines.pop(at))
            elif change == 1:
                del lines[at]
            elif change == 2:
                lines.insert(to, lines[at])
            else:
                line = bytearray(lines[at])
                line[random.randrange(len(line))] = random.randrange(256)
                lines[at] = bytes(line)
            lines = lines or [b"\n"]
        yield b"".join(lines)
