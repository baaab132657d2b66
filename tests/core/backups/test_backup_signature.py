"""Signatures of backups: made with the pair's own key over the whole text, and not replaceable by others."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, cast

import pytest
from backup_forgeries import exchanged_request, foreign_key_blocks
from backups_made import DETAILS, backup, csr_of, key_block, unsigned
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from requests_made import NOW, key_of
from tables import table

from csrtui.core.backups import backup_file
from csrtui.core.backups.backup_file import Envelope, parse
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.backups.header import Details, KeyProtection, read_details
from csrtui.core.backups.integrity import CONTEXT, Integrity, canonical
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind
from csrtui.core.certificates.csr import read_der, to_pem
from csrtui.core.keys import key_types, signing
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Stage

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

KEY = key_of(KeyType.EC_P256)
RSA_512 = b"""-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAql5b8FaTAevX8a3k
ZEiu0w90efa50fX4mSr1SE5bkas2pXSSLSpRv6aX+AgvWCkACIudpAUmsQ8zq9U4
6Rln1wIDAQABAkBagxsRSs17XdMyQRJv/PV0iGd3TI9YbveOWHZL3eVkM9YpBWIX
L74jMEBMEuJqxOCFIEhV2bISclYTyNgW90SRAiEA1zQB/9NNrvkgPext3jRaLccI
0WFXAHWjeVTA+xLWsjUCIQDKqn3i6m2lriQYsZlqlQb0pqVyaWX+BwnY6TnFDRmz
WwIgN4ETbu8J3zIj7bS4FZJ9G8d078PiU50Dv7xrVZZjR20CIA8HbaZyNAdhTpP2
N6ZLvuRNp19AqauY4gYP5ZTTT+CZAiEA1PYcQCt1NRilvgg4Cx38yx+KPqNLuoQw
07dOwu/r4NM=
-----END PRIVATE KEY-----
"""
OTHER_TYPES: list[PrivateKey] = [
    rsa.generate_private_key(65537, 1024),  # noqa: S505 - an old key
    ec.generate_private_key(ec.SECP256K1()),
    ed448.Ed448PrivateKey.generate(),
    dsa.generate_private_key(1024),  # noqa: S505 - an old key
    cast("PrivateKey", load_pem_private_key(RSA_512, None, unsafe_skip_rsa_key_validation=True)),
]


@table("key_type", KeyType)
def test_a_key_of_each_type_signs(key_type: KeyType) -> None:
    text = backup_file.compose(
        "a.com",
        NOW,
        key_protection=KeyProtection.PLAIN,
        key_pem=key_block(key_type),
        csr=csr_of(key_type),
        signer=key_of(key_type),
    )
    assert parse(text).integrity is Integrity.SIGNED
    assert all(len(line) <= 100 for line in text.splitlines())
    with pytest.raises(InputError, match="its signature is not valid"):
        parse(text.replace(b"without a passphrase", b"under this passphrase"))


@table("key", OTHER_TYPES)
def test_a_key_of_an_unsupported_type_signs_too(key: PrivateKey) -> None:
    """Adopted keys can have such types."""
    signature = signing.sign(key, b"message")
    assert signing.verify(key.public_key(), signature, b"message")
    assert not signing.verify(key.public_key(), signature, b"another")
    assert not signing.verify(key.public_key(), b"", b"message")


def test_a_backup_of_an_adopted_key_is_signed() -> None:
    key = OTHER_TYPES[1]
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    request = read_der(csr.public_bytes(Encoding.DER))
    text = backup_file.compose(
        "a", NOW, key_protection=KeyProtection.PLAIN, key_pem=key_block(), csr=request, signer=key
    )
    assert parse(text).is_signed


def test_the_signature_of_another_key_is_not_valid() -> None:
    text = backup_file.compose(
        "a.com",
        NOW,
        key_protection=KeyProtection.PLAIN,
        key_pem=key_block(),
        csr=csr_of(),
        signer=key_types.generate(KeyType.EC_P256),
    )
    with pytest.raises(InputError, match="its signature is not valid"):
        parse(text)


def test_a_signature_for_another_purpose_is_not_valid() -> None:
    """A signature of a confirmation, or one without the context, is not the signature of a backup."""
    confirmation = Confirmation("ab" * 32, csr_of().spki_sha256, NOW).message
    text = backup()
    start, end = text.index(b"Signature:"), text.index(b"\n\n-----BEGIN") + 1
    everything_else = text[:start] + text[end:]
    assert canonical(everything_else) == everything_else
    for message, valid in (
        (CONTEXT + everything_else, True),
        (everything_else, False),
        (confirmation, False),
    ):
        line = b"Signature:  " + b64encode(signing.sign(KEY, message)) + b"\n"
        changed = text[:start] + line + text[end:]
        if valid:
            assert parse(changed).is_signed
            continue
        with pytest.raises(InputError, match="its signature is not valid"):
            parse(changed)


@table("line", [b"Signature:  A\n", b"Signature:  AAAA=AAA\n", b"Signature:  QQ=QQ=\n"])
def test_a_signature_that_is_not_base64_is_not_valid(line: bytes) -> None:
    text = backup()
    start, end = text.index(b"Signature:"), text.index(b"\n\n-----BEGIN") + 1
    with pytest.raises(InputError, match="its signature is not valid"):
        parse(text[:start] + line + text[end:])


def test_a_second_signature_is_refused() -> None:
    text = backup()
    start, end = text.index(b"Signature:"), text.index(b"\n\n-----BEGIN") + 1
    with pytest.raises(InputError, match="its signature is not valid"):
        parse(text[:end] + text[start:end] + text[end:])


# Changes by an attacker with write access to the medium


def test_a_replaced_csr_is_refused() -> None:
    """The signature of the CSR is from the key, but for other names. It is also checked in an unsigned file."""
    original = to_pem(csr_of().der)
    for data in (backup(), key_block() + original, unsigned()):
        with pytest.raises(InputError, match=r"not signed by its own key|checksum is wrong"):
            parse(data.replace(original, exchanged_request()))


@table(
    "line",
    [b"In store:   under this passphrase\n", b"CA:         public\n", b"Software:   nginx\n", b"Signed"],
)
def test_a_removed_or_changed_header_line_is_refused(line: bytes) -> None:
    data = backup(KeyProtection.ENCRYPTED)
    assert line in data
    for changed in (data.replace(line, b""), data.replace(line, line.swapcase())):
        with pytest.raises(InputError, match="its signature is not valid"):
            parse(changed)


def test_a_removed_signature_is_noticed() -> None:
    data = backup()
    start, end = data.index(b"Signature:"), data.index(b"\n\n-----BEGIN") + 1
    with pytest.raises(InputError, match="its signature or checksum is missing"):
        parse(data[:start] + data[end:])


def test_without_its_header_the_backup_is_unsigned() -> None:
    data = backup(KeyProtection.ENCRYPTED)
    content = parse(data[data.index(b"-----BEGIN") :])
    assert (content.is_signed, content.key_protection, content.name) == (False, KeyProtection.PLAIN, None)


def test_a_replaced_encrypted_key_is_refused() -> None:
    with pytest.raises(InputError, match="its signature is not valid"):
        parse(backup().replace(key_block(), foreign_key_blocks()[3]))


# Details


def test_every_detail_can_be_read_back() -> None:
    details = Details(NOW, CaKind.PRIVATE, "nginx", "client", Stage.RETIRED, NOW, NOW)
    for envelope in Envelope:
        text = backup_file.compose(
            "a.com",
            NOW,
            key_protection=KeyProtection.ENCRYPTED,
            key_pem=key_block(),
            csr=csr_of(),
            envelope=envelope,
            details=details,
            signer=KEY,
        )
        assert parse(text, envelope).details == details
        assert all(len(line) <= 100 for line in text.splitlines())


@table("text", ["nginx\nRetired:    2026-11-23T09:00:00Z", "\x1b[2J", "Ä", "", "a" * 41, "a b", "../x"])
def test_a_detail_that_is_not_a_word_is_left_out(text: str) -> None:
    """Text of pair.json must not become separate lines that the key signs."""
    data = backup_file.compose(
        "a.com",
        NOW,
        key_protection=KeyProtection.PLAIN,
        key_pem=key_block(),
        csr=csr_of(),
        details=Details(platform=text, purpose=text, stage=Stage.NEW),
        signer=KEY,
    )
    assert parse(data).details == Details(stage=Stage.NEW)


def test_impossible_details_are_ignored() -> None:
    header = b"CA: none\nStage: great\nCreated: yesterday\nSubmitted: 2026-02-30T09:00:00Z\nSoftware: ../x\n"
    assert read_details(header) == Details()
    assert parse(backup()).details == DETAILS
