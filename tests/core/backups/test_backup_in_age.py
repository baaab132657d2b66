"""The text of a backup in an age file: the same checks as for any backup, and no use outside the age file."""

from __future__ import annotations

import pytest
from requests_made import NOW, der_of, key_of
from tables import table

from csrtui.core.backups import backup_file
from csrtui.core.backups.backup_file import Envelope
from csrtui.core.backups.header import KeyProtection
from csrtui.core.backups.integrity import Integrity
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

ASKED = csr.read_der(der_of(SubjectFields(common_name="a.com"), "a.com"))
KEY = key_of(KeyType.EC_P256)
PLAIN = key_types.private_pem(KEY)
ENCRYPTED = pkcs8.encrypt(KEY, Secret("pass"), bytes(pkcs8.ENTROPY_BYTES), iterations=1000)


def text(key_pem: bytes = PLAIN, key_protection: KeyProtection = KeyProtection.PLAIN) -> bytes:
    return backup_file.compose(
        "a.com", NOW, key_protection=key_protection, key_pem=key_pem, csr=ASKED, envelope=Envelope.AGE
    )


def test_the_file_name_has_the_ending_age() -> None:
    assert backup_file.file_name("a.com", NOW, Envelope.AGE) == "a.com.20261123-090000.backup.age"


@table(("key_pem", "key_protection"), [(PLAIN, KeyProtection.PLAIN), (ENCRYPTED, KeyProtection.ENCRYPTED)])
def test_the_contents_can_be_read_back(key_pem: bytes, key_protection: KeyProtection) -> None:
    content = backup_file.parse(text(key_pem, key_protection), Envelope.AGE)
    assert (content.name, content.key_protection, content.key_pem) == ("a.com", key_protection, key_pem)
    assert (content.csr, content.integrity, content.envelope) == (ASKED, Integrity.CHECKSUM, Envelope.AGE)


def test_the_text_says_how_to_restore_it() -> None:
    message = text().decode()
    assert "age -d -i IDENTITY FILE | openssl pkey -out key.pem" in message
    assert "In store:   without a passphrase\n" in message
    assert "In store:   under a passphrase\n" in text(ENCRYPTED, KeyProtection.ENCRYPTED).decode()


def test_a_plain_key_is_refused_outside_the_age_file() -> None:
    with pytest.raises(InputError, match="without a passphrase, not a backup"):
        backup_file.parse(text())


def test_an_encrypted_key_is_accepted_outside_the_age_file_and_stays_encrypted() -> None:
    assert (
        backup_file.parse(text(ENCRYPTED, KeyProtection.ENCRYPTED)).key_protection is KeyProtection.ENCRYPTED
    )


def test_an_unopened_age_file_names_the_option() -> None:
    with pytest.raises(InputError, match="encrypted to recipients") as caught:
        backup_file.parse(b"age-encryption.org/v1\n-> X25519 \n")
    assert "--identity" in str(caught.value.hint)


def test_every_changed_bit_is_noticed() -> None:
    whole = text()
    checksum = whole.index(b"SHA-256 of all but")
    unnoticed = []
    for at in [*range(checksum), *range(whole.index(b"-----BEGIN"), len(whole), 3)]:
        changed = bytearray(whole)
        changed[at] ^= 1
        try:
            backup_file.parse(bytes(changed), Envelope.AGE)
        except InputError:
            continue
        unnoticed.append(at)
    assert unnoticed == []


@table("key_pem", [PLAIN + PLAIN, PLAIN + ENCRYPTED, b""])
def test_the_text_must_contain_exactly_one_key(key_pem: bytes) -> None:
    with pytest.raises(InputError):
        backup_file.parse(text(key_pem), Envelope.AGE)
