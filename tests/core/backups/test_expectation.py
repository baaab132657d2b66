"""The expected content of a backup: a fingerprint, a CSR or a certificate."""

from __future__ import annotations

import pytest
from backups_made import csr_of
from existing_made import certificate, name
from requests_made import der_of
from tables import table
from throwaway_ca import issue

from csrtui.core.backups.backup_file import Expectation, read_expectation, read_fingerprint
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

SPKI = csr_of().spki_sha256


@table("text", [SPKI, SPKI.upper(), ":".join(SPKI[at : at + 2] for at in range(0, 64, 2))])
def test_a_fingerprint_is_read_in_every_spelling(text: str) -> None:
    assert read_fingerprint(text) == Expectation(SPKI)


@table("text", ["", SPKI[:-1], f"{SPKI}0", f" {SPKI}", "g" * 64, "a.csr"])
def test_anything_else_is_not_a_fingerprint(text: str) -> None:
    assert read_fingerprint(text) is None


def test_a_csr_is_expected_itself_and_a_certificate_by_its_key() -> None:
    issued = issue(csr_of().der)
    for data in (csr_of().der, csr.to_pem(csr_of().der), b"text\n" + csr.to_pem(csr_of().der)):
        assert read_expectation(data) == Expectation(SPKI, csr_of().sha256)
    assert read_expectation(issued) == Expectation(SPKI)


def test_only_the_expected_backup_is_accepted() -> None:
    other = csr.read_der(der_of(SubjectFields(common_name="b.com"), "b.com"))
    assert other.spki_sha256 == SPKI
    for expected in (Expectation(SPKI), Expectation(SPKI, csr_of().sha256)):
        expected.check(csr_of())
    Expectation(SPKI).check(other)
    with pytest.raises(RefusedError, match="request in the backup is not the expected one"):
        Expectation(SPKI, csr_of().sha256).check(other)
    with pytest.raises(RefusedError, match=f"its SPKI SHA-256 is {SPKI}"):
        Expectation("ab" * 32).check(csr_of())
    with pytest.raises(RefusedError, match="key in the backup is not the expected one"):
        Expectation(SPKI, csr_of().sha256).check(csr_of(KeyType.EC_P384))


def of_unknown_key() -> bytes:
    from base64 import b64decode

    der = b64decode(b"".join(certificate(name()).split(b"\n")[1:-2]))
    return der.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d0209"))


@table(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"hello", "neither a CSR nor a certificate"),
        (b"-----BEGIN PRIVATE KEY-----\n", "that is a private key"),
        (of_unknown_key(), "not supported"),
    ],
)
def test_an_invalid_expectation_is_reported(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_expectation(data)
    assert "64 hexadecimal digits" in str(caught.value.hint)
