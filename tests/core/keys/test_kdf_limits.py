"""The cost of opening a key is checked before the key derivation, and a cost above the limit is refused at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE, foreign_key, key_block
from cryptography import exceptions
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from requests_made import key_of
from tables import table

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.keys import kdf_limits, key_types, pkcs8
from csrtui.core.keys.kdf_limits import check_cost
from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1024 * 1024
PBES2, PBKDF2, SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
PBES1 = "1.2.840.113549.1.5.10"
AES_256_CBC = "2.16.840.1.101.3.4.1.42"


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode DER independently of the code under test."""
    body = b"".join(parts)
    size = len(body)
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    length = bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + body


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def oid(text: str) -> bytes:
    arcs = [int(arc) for arc in text.split(".")]
    body = bytes([40 * arcs[0] + arcs[1]])
    for arc in arcs[2:]:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, 0x80 | arc & 0x7F)
        body += bytes(digits)
    return tlv(0x06, body)


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


SALT = tlv(0x04, bytes(16))


def encrypted(derivation: bytes, data: bytes = bytes(160)) -> bytes:
    encryption = sequence(oid(AES_256_CBC), tlv(0x04, bytes(16)))
    return sequence(sequence(oid(PBES2), sequence(derivation, encryption)), tlv(0x04, data))


def pbkdf2(iterations: int, *more: bytes) -> bytes:
    return encrypted(sequence(oid(PBKDF2), sequence(SALT, integer(iterations), *more)))


def scrypt(cost: int, size: int, lanes: int) -> bytes:
    numbers = (integer(cost), integer(size), integer(lanes))
    return encrypted(sequence(oid(SCRYPT), sequence(SALT, *numbers)))


def pbes1(iterations: int) -> bytes:
    return sequence(
        sequence(oid(PBES1), sequence(tlv(0x04, bytes(8)), integer(iterations))), tlv(0x04, bytes(160))
    )


@table(
    "der",
    [
        pkcs8.to_der(key_block()),
        pbkdf2(1),
        pbkdf2(10_000_000),
        pbkdf2(2048, integer(32)),
        pbkdf2(2048, sequence(oid("1.2.840.113549.2.9"), tlv(0x05))),
        pbkdf2(2048, integer(32), sequence(oid("1.2.840.113549.2.9"), tlv(0x05))),
        scrypt(2, 1, 1),
        scrypt(2**18, 8, 1),
        scrypt(2**14, 8, 16),
        pbes1(2048),
        pbes1(10_000_000),
    ],
)
def test_usual_costs_are_accepted(der: bytes) -> None:
    check_cost(der)


@table("der", [pbkdf2(10_000_001), pbkdf2(20_000_000), pbkdf2(2**63), pbes1(20_000_000)])
def test_too_many_iterations_are_refused(der: bytes) -> None:
    with pytest.raises(InputError, match=r"needs \d+ iterations, which exceeds the limit of 10000000"):
        check_cost(der)


@table(
    ("cost", "size", "lanes"),
    [
        (2**19, 8, 1),
        (2**14, 8, 17),
        (2**60, 8, 1),
        (2**8, 2**14, 1),  # 512 MiB in a few large blocks
        (2, 2**20, 2),  # a small table and lanes of 256 MiB, which took a gigabyte
        (2, 2**17, 2),
    ],
)
def test_too_much_memory_is_refused(cost: int, size: int, lanes: int) -> None:
    with pytest.raises(InputError, match=rf"scrypt with N={cost}, r={size}, p={lanes}, which exceeds"):
        check_cost(scrypt(cost, size, lanes))


@table(
    "der",
    [
        b"",
        b"\x30",
        sequence(),
        bytes(100),
        pbkdf2(0),
        pbkdf2(-1),
        pbkdf2(2**40000),
        pbes1(0),
        scrypt(0, 8, 1),
        scrypt(1, 8, 1),
        scrypt(3, 8, 1),
        scrypt(-2, -8, 1),
        scrypt(2**16, 1, 1),  # RFC 7914, 2: below 2^(16 r)
        scrypt(2**14, 0, 1),
        scrypt(2**14, 8, 0),
        encrypted(sequence(oid("1.2.3.4"), sequence(SALT, integer(5)))),
        sequence(sequence(oid("1.2.3.4"), sequence()), tlv(0x04, b"")),
        pkcs8.to_der(key_block())[:-1],
        pkcs8.to_der(key_block()) + b"\0",
    ],
)
def test_a_key_without_a_readable_cost_is_refused(der: bytes) -> None:
    with pytest.raises(InputError, match="damaged, or its scheme is not supported"):
        check_cost(der)


@given(st.binary())
def test_any_bytes_are_accepted_or_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        check_cost(data)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_byte_changed_anywhere_opens_or_is_refused(place: int, change: int) -> None:
    der = bytearray(pkcs8.to_der(key_block()))
    der[place % len(der)] ^= change
    with suppress(InputError, RefusedError):
        pkcs8.decrypt(bytes(der), PASSPHRASE)


@table("cost", [2, 4, 2**15])
def test_accepted_scrypt_parameters_cause_no_other_error(cost: int) -> None:
    """With parameters that OpenSSL refuses, cryptography raises an InternalError."""
    with pytest.raises(RefusedError):
        pkcs8.decrypt(scrypt(cost, 1, 1), PASSPHRASE)


@pytest.mark.parametrize(
    "error", [exceptions.UnsupportedAlgorithm("x"), exceptions.InternalError("x", []), MemoryError()]
)
def test_an_unsupported_scheme_is_reported(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(serialization, "load_der_private_key", fails)
    with pytest.raises(InputError, match="encryption scheme of the key is not supported"):
        pkcs8.decrypt(pkcs8.to_der(key_block()), PASSPHRASE)


SCHEMES = [
    ("-v2", "aes-256-cbc", "-iter", "1000"),
    ("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"),
    ("-v2", "des3"),
    ("-scrypt",),
    ("-v1", "PBE-SHA1-3DES"),
]


@pytest.mark.parametrize("scheme", SCHEMES, ids=" ".join)
def test_keys_that_openssl_encrypted_open(scheme: tuple[str, ...], tmp_path: Path) -> None:
    key = pkcs8.decrypt(pkcs8.to_der(foreign_key(tmp_path / "key.pem", *scheme)), PASSPHRASE)
    assert key_types.spki_sha256(key.public_key()) == key_types.spki_sha256(
        key_of(KeyType.EC_P256).public_key()
    )


def test_the_limits_are_the_documented_ones() -> None:
    assert kdf_limits.MAX_ITERATIONS == 10_000_000
    assert kdf_limits.MAX_MEMORY == 256 * MEBIBYTE


def test_text_without_a_block_has_no_der() -> None:
    for text in (b"", b"-----BEGIN X-----\nMA==\n", b"-----BEGIN X-----\nM\n-----END X-----\n"):
        with pytest.raises(InputError, match="it contains no key"):
            pkcs8.to_der(text)


def test_the_keys_of_one_file_share_a_budget() -> None:
    with kdf_limits.file_budget():
        for _ in range(kdf_limits.MAX_FILE_COST):
            kdf_limits.check_iterations(kdf_limits.MAX_ITERATIONS)
    with kdf_limits.file_budget():
        for _ in range(2):
            kdf_limits.check_iterations(kdf_limits.MAX_ITERATIONS)
        kdf_limits.check_iterations(kdf_limits.MAX_HASH_ITERATIONS // 2, 2, kdf_limits.MAX_HASH_ITERATIONS)
        kdf_limits.check_scrypt(2**17, 8, 1)
        with pytest.raises(InputError, match="opening all keys in this file would take too long"):
            kdf_limits.check_iterations(kdf_limits.MAX_ITERATIONS)
        with pytest.raises(InputError, match="opening all keys in this file would take too long"):
            kdf_limits.check_iterations(kdf_limits.MAX_HASH_ITERATIONS, 1, kdf_limits.MAX_HASH_ITERATIONS)
        with pytest.raises(InputError, match="opening all keys in this file would take too long"):
            kdf_limits.check_scrypt(2**17, 8, 2)
        kdf_limits.check_iterations(1_000_000)  # a cheap key after an expensive one still opens
    for _ in range(kdf_limits.MAX_FILE_COST + 1):
        kdf_limits.check_iterations(kdf_limits.MAX_ITERATIONS)
