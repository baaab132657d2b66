"""Confirmations: signed by the pair's key for one file, and not replaceable by any other signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from hypothesis import given
from hypothesis import strategies as st
from requests_made import NOW, key_of
from tables import table

from csrtui.core.backups import confirmation
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType

FILE = "ab" * 32
LENGTHS = {KeyType.EC_P256: 250, KeyType.ED25519: 250, KeyType.RSA_2048: 460, KeyType.ML_DSA_87: 6400}


def said_of(key_type: KeyType) -> Confirmation:
    return Confirmation(FILE, key_types.spki_sha256(key_of(key_type).public_key()), NOW)


def token_of(key_type: KeyType = KeyType.EC_P256) -> str:
    return confirmation.sign(said_of(key_type), key_of(key_type))


@table("key_type", [one for one in KeyType if one not in {"rsa-3072", "rsa-4096"}])
def test_a_confirmation_is_valid_and_one_word_for_a_shell(key_type: KeyType) -> None:
    token = token_of(key_type)
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert len(token) < LENGTHS.get(key_type, confirmation.MAX_CHARACTERS)
    statement, signature = confirmation.read(f"ok  /a/b.age  restores\ncsrtui verify --confirm {token}\n")
    assert statement == said_of(key_type)
    confirmation.check(statement, signature, key_of(key_type).public_key())


@table("key_type", [KeyType.EC_P256, KeyType.RSA_2048, KeyType.ED25519, KeyType.ML_DSA_44])
def test_no_part_of_it_can_be_changed(key_type: KeyType) -> None:
    statement, signature = confirmation.read(token_of(key_type))
    public = key_of(key_type).public_key()
    for forged, forged_signature in (
        (replace(statement, file_sha256="cd" * 32), signature),
        (replace(statement, time=datetime(2027, 1, 1, tzinfo=UTC)), signature),
        (replace(statement, spki_sha256="cd" * 32), signature),
        (statement, signature[:-1]),
        (statement, signature + b"x"),
        (statement, bytes(len(signature))),
    ):
        with pytest.raises(RefusedError):
            confirmation.check(forged, forged_signature, public)


def test_a_confirmation_by_another_key_is_refused() -> None:
    mine, other = key_of(KeyType.EC_P256), ec.generate_private_key(ec.SECP256R1())
    about_mine = confirmation.read(confirmation.sign(said_of(KeyType.EC_P256), other))
    with pytest.raises(RefusedError, match="not signed with the pair's key"):
        confirmation.check(*about_mine, mine.public_key())
    with pytest.raises(RefusedError, match="for another key"):
        confirmation.check(*about_mine, other.public_key())


def test_a_key_of_an_unsupported_type_cannot_confirm() -> None:
    key = ed448.Ed448PrivateKey.generate()
    with pytest.raises(InputError, match="not supported for keys of this type"):
        confirmation.sign(said_of(KeyType.EC_P256), key)
    with pytest.raises(InputError, match="not supported for keys of this type"):
        confirmation.check(*confirmation.read(token_of()), key.public_key())


TOKEN = token_of()


@table(
    ("text", "message"),
    [
        ("", "no confirmation"),
        ("csrtui1.", "no confirmation"),
        (TOKEN.replace("csrtui1", "csrtui2"), "no confirmation"),
        (f"{TOKEN} {token_of(KeyType.ED25519)}", "more than one"),
        (f"csrtui1.{'A' * confirmation.MAX_CHARACTERS}", "no confirmation"),
        (TOKEN[:100], "cut short"),
        ("csrtui1.A", "cut short"),
        (f"csrtui1.{'_' * 180}", "cut short"),
    ],
)
def test_a_text_without_a_confirmation_is_reported(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        confirmation.read(text)


def test_a_text_of_more_than_16_ki_characters_is_not_searched() -> None:
    text = TOKEN.ljust(confirmation.MAX_CHARACTERS)
    assert confirmation.read(text) == confirmation.read(TOKEN)
    with pytest.raises(InputError, match="no confirmation"):
        confirmation.read(f"{text} ")


def test_the_same_confirmation_twice_is_accepted() -> None:
    assert confirmation.read(f"{TOKEN}\n{TOKEN}")[0] == said_of(KeyType.EC_P256)


@given(st.text(max_size=300) | st.text("AZaz09_-", max_size=300).map("csrtui1.".__add__))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises((InputError, RefusedError)):
        confirmation.check(*confirmation.read(text), key_of(KeyType.EC_P256).public_key())
