"""Encrypted private keys are strong enough, and other programs can open them."""

from __future__ import annotations

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from requests_made import key_of
from tables import table

from csrtui.core.base.asn1 import SEQUENCE, Node, read_node
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType

ENTROPY = bytes(range(32))
PASSPHRASE = Secret("correct horse battery staple")
QUICK = 10


def decoded(pem: bytes) -> Node:
    lines = pem.decode("ascii").splitlines()
    assert lines[0] == "-----BEGIN ENCRYPTED PRIVATE KEY-----"
    assert lines[-1] == "-----END ENCRYPTED PRIVATE KEY-----"
    assert all(len(line) == 64 for line in lines[1:-2])
    return read_node(b64decode("".join(lines[1:-1])))


@table("key_type", KeyType)
def test_the_passphrase_opens_the_key(key_type: KeyType) -> None:
    key = key_of(key_type)
    pem = pkcs8.encrypt(key, PASSPHRASE, ENTROPY, QUICK)
    again = load_pem_private_key(pem, PASSPHRASE.encoded)
    assert key_types.spki_sha256(again.public_key()) == key_types.spki_sha256(key.public_key())  # type: ignore[arg-type]


def test_another_passphrase_does_not_open_it() -> None:
    pem = pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, ENTROPY, QUICK)
    with pytest.raises(
        ValueError, match=r"[Ii]ncorrect password|decrypt|deserialize"
    ):  # in one of 256 cases the padding is valid
        load_pem_private_key(pem, b"correct horse battery stable")


def test_the_strength_is_that_of_the_contract() -> None:
    algorithm, ciphertext = decoded(pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, ENTROPY)).children()
    scheme, parameters = algorithm.children()
    derivation, encryption = parameters.children()
    kdf, kdf_parameters = derivation.children()
    salt, iterations, prf = kdf_parameters.children()
    cipher, iv = encryption.children()
    assert len(ciphertext.content) % 16 == 0
    assert scheme.oid == "1.2.840.113549.1.5.13"  # PBES2
    assert kdf.oid == "1.2.840.113549.1.5.12"  # PBKDF2
    assert (prf.tag, prf.content.hex()) == (SEQUENCE, "06082a864886f70d02090500")  # HMAC-SHA256, NULL
    assert iterations.integer == 1_000_000
    assert salt.content == ENTROPY[:16]
    assert cipher.oid == "2.16.840.1.101.3.4.1.42"  # AES-256-CBC
    assert iv.content == ENTROPY[16:]


def test_salt_and_iv_use_all_of_the_entropy() -> None:
    first = pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, ENTROPY, QUICK)
    assert first == pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, ENTROPY, QUICK)
    for place in range(32):
        other = bytearray(ENTROPY)
        other[place] ^= 1
        assert pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, bytes(other), QUICK) != first


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=255))
def test_any_text_can_be_the_passphrase(text: str) -> None:
    pem = pkcs8.encrypt(key_of(KeyType.EC_P256), Secret(text), ENTROPY, QUICK)
    load_pem_private_key(pem, text.encode())


@table("length", [0, 16, 31, 33])
def test_entropy_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, bytes(length), QUICK)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        pkcs8.encrypt(key_of(KeyType.EC_P256), Secret(""), ENTROPY, QUICK)


@table("body", [b"*MIIB", b"MI IB", b"MIIB\x00", b"MA==MIIB", b"MIIBx"])
def test_text_that_is_not_base64_is_not_a_key(body: bytes) -> None:
    with pytest.raises(InputError, match="it contains no key"):
        pkcs8.to_der(b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n-----END PRIVATE KEY-----\n")
