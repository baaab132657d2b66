"""Reading a passphrase from bytes, and the warnings about a weak one."""

from __future__ import annotations

from shutil import which
from subprocess import run
from typing import TYPE_CHECKING

import pytest
from backups_made import QUICK
from exports_made import certificate_of
from hypothesis import given
from hypothesis import strategies as st
from requests_made import key_of
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.keys.passphrase_quality import (
    FREQUENT,
    check,
    read_passphrase,
    refusal,
    strength,
    weaknesses,
)
from csrtui.core.keys.pkcs8 import BatchEncryptor
from csrtui.core.servers.deployment import Pkcs12Encryption, build_pkcs12

if TYPE_CHECKING:
    from pathlib import Path


@table(
    ("data", "text"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\nmore", "secret"),
        (b" with blanks \n", " with blanks "),
        ("Söhne\n".encode(), "Söhne"),
        (b"a\rb\n", "a\rb"),
        (b"a\r\r\n", "a\r"),
    ],
)
def test_the_first_line_is_the_passphrase(data: bytes, text: str) -> None:
    assert read_passphrase(data).revealed == text


@table("data", [b"", b"\n", b"\r\n", b"\nsecond"])
def test_an_empty_first_line_is_not_a_passphrase(data: bytes) -> None:
    with pytest.raises(ValueError, match="it is empty"):
        read_passphrase(data)


def test_another_encoding_is_refused_and_not_quoted() -> None:
    with pytest.raises(ValueError, match="it is not UTF-8") as caught:
        read_passphrase(b"canary\xff")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@table(
    ("text", "count"),
    [
        ("x4k9w2pq7vz", 1),
        ("x4k9w2pq7vzb", 0),
        ("a b c", 1),
        ("a b c d", 1),
        ("a b c d e f", 1),
        ("lion bear wolf lynx", 0),
        ("Söhne", 2),
        ("Söhne & Töchter", 1),
        ("tab\tin a long one", 1),
        ("~!@#$%^&*()_", 0),
    ],
)
def test_weaknesses_are_reported(text: str, count: int) -> None:
    assert len(weaknesses(Secret(text))) == count


@table(
    "text",
    [
        "a" * 12,
        "ab" * 6,
        "ab" * 5 + "a",
        "abcab" * 3,
        "aaaabbbbccccdddd",
        "horsehorse" * 2,
        "11111",
        "abcdefghijk" * 2,
    ],
)
def test_repeated_characters_are_named(text: str) -> None:
    assert "repeats" in " ".join(weaknesses(Secret(text)))


@table("text", ["abcdefghijlk" * 2, "a b c d", "abcdeabcd", "aaaabbbbccccdddde"])
def test_other_passphrases_do_not_repeat(text: str) -> None:
    assert "repeats" not in " ".join(weaknesses(Secret(text)))


@table(
    "text",
    [
        "password",
        "PassWord1",
        "1qaz2wsx3edc4rfv",
        "correct horse battery staple",
        "Correct-Horse",
        "to be or not to be",
    ],
)
def test_common_passphrases_are_named_in_any_spelling(text: str) -> None:
    assert ("most common" in " ".join(weaknesses(Secret(text)))) is (text != "Correct-Horse")


def test_the_list_of_common_passphrases_is_short_and_normalized() -> None:
    assert 300 < len(FREQUENT) < 600
    assert all(word == "".join(word.lower().split()) and word.isascii() for word in FREQUENT)


@table(
    ("text", "words"),
    [
        ("ant bee cat dog", "15 characters"),
        ("lion bear wolf 1ynx", "4 words"),
        ("to be or xy we go it up", "23 characters"),
        ("lion bear wolf lynx", "4 words"),
        ("x4k9w2pq7vzb", "12 characters"),
    ],
)
def test_words_count_from_three_letters_and_sixteen_characters_on(text: str, words: str) -> None:
    assert strength(Secret(text)) == f"Long enough: {words}."


# Passphrases that openssl cannot read


LONGEST = "a1" * 511 + "b"


@table("text", ["", "x", LONGEST, "ü" * 511])
def test_a_passphrase_that_openssl_can_read_is_accepted(text: str) -> None:
    assert refusal(Secret(text)) is None
    check(Secret(text))


@table(("text", "words"), [(LONGEST + "c", "1023 bytes"), ("ü" * 512, "1023 bytes"), ("a\0b" * 5, "NUL")])
def test_a_passphrase_that_openssl_cannot_read_is_always_refused(text: str, words: str) -> None:
    secret, key = Secret(text), key_of(KeyType.EC_P256)
    with pytest.raises(InputError, match=words) as caught:
        check(secret)
    assert text not in f"{caught.value.message}{caught.value.hint}"
    assert words in strength(secret)
    with pytest.raises(InputError, match=words):
        BatchEncryptor(secret, bytes)
    with pytest.raises(InputError, match=words):
        pkcs8.encrypt(key, secret, bytes(pkcs8.ENTROPY_BYTES), QUICK)
    with pytest.raises(InputError, match=words):
        build_pkcs12("a", key, (certificate_of(),), Pkcs12Encryption(secret))


@pytest.mark.skipif(which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    ("text", "readable"), [(LONGEST, True), (LONGEST + "c", False), ("canary\0canary", False)]
)
def test_openssl_itself_has_this_limit(tmp_path: Path, text: str, readable: object) -> None:
    secret = Secret(text)
    derived = pkcs8.derive(secret, bytes(pkcs8.SALT_BYTES), QUICK)
    (tmp_path / "key.pem").write_bytes(
        pkcs8.encrypt_with(key_of(KeyType.EC_P256), derived, bytes(pkcs8.IV_BYTES))
    )
    (tmp_path / "passphrase").write_bytes(secret.encoded)
    command = ["openssl", "pkey", "-in", "key.pem", "-noout", "-passin", "file:passphrase"]
    assert (run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0) is readable
    assert (refusal(secret) is None) is readable


@given(st.text("πρστυφχψω", min_size=3, max_size=30))
def test_no_warning_quotes_the_passphrase(text: str) -> None:
    assert not any(text in sentence for sentence in weaknesses(Secret(text)))
