"""Backups as text: they can be read back, every changed bit is noticed, and foreign text is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from backups_made import DETAILS, backup, csr_of, key_block, unsigned
from data_files import DATA
from existing_made import certificate, name
from hypothesis import example, given
from hypothesis import strategies as st
from requests_made import NOW, key_of
from tables import table

from csrtui.core.backups import backup_file
from csrtui.core.backups.backup_file import Envelope, file_name, parse
from csrtui.core.backups.header import NO_DETAILS, KeyProtection
from csrtui.core.backups.integrity import CHANGED_HINT, Integrity
from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = key_block()
REQUEST = csr.to_pem(csr_of().der)
CERTIFICATES = certificate(name()) * 2
BARE = KEY + REQUEST


@table("key_protection", KeyProtection)
@table("certificates", [b"", CERTIFICATES])
def test_a_backup_can_be_read_back(key_protection: KeyProtection, certificates: bytes) -> None:
    content = parse(backup(key_protection, certificates))
    assert (content.name, content.key_protection, content.integrity) == (
        "a.com",
        key_protection,
        Integrity.SIGNED,
    )
    assert (content.is_signed, content.details) == (True, DETAILS)
    assert (content.key_pem, content.key) == (KEY, pkcs8.to_der(KEY))
    assert content.csr == csr_of()
    assert content.certificates == certificates


@table("key_protection", KeyProtection)
@table("certificates", [b"", CERTIFICATES])
def test_a_backup_of_an_earlier_version_can_be_read_and_is_not_signed(
    key_protection: KeyProtection, certificates: bytes
) -> None:
    content = parse(unsigned(key_protection, certificates))
    assert (content.name, content.key_protection, content.integrity) == (
        "a.com",
        key_protection,
        Integrity.CHECKSUM,
    )
    assert (content.is_signed, content.details) == (False, NO_DETAILS)
    assert (content.key_pem, content.csr, content.certificates) == (KEY, csr_of(), certificates)


@table("envelope", Envelope)
def test_the_time_of_the_backup_can_be_read_back(envelope: Envelope) -> None:
    text = backup_file.compose(
        "a.com", NOW, key_protection=KeyProtection.ENCRYPTED, key_pem=KEY, csr=csr_of(), envelope=envelope
    )
    assert parse(text, envelope).time == NOW


@table(
    ("text", "time"),
    [
        ("2026-11-20T09:00:00Z", NOW - timedelta(days=3)),
        ("2026-11-23T09:00:00Z", NOW),
        ("2026-11-23T09:00:01Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("2026-02-30T09:00:00Z", None),
        ("2026-11-20", None),
        ("2026-11-20T09:00:00", None),
        ("2026-11-20T09:00:00Z and a half", None),
        ("\u0662026-11-20T09:00:00Z", None),
        ("", None),
    ],
)
def test_an_impossible_time_is_ignored(text: str, time: datetime | None) -> None:
    content = parse(f"Backed up:  {text}\n".encode() + BARE)
    assert content.creation_time(NOW) == (time or NOW)
    assert parse(BARE).creation_time(NOW) == NOW


def test_the_text_says_what_it_is_and_how_to_restore_it() -> None:
    text = backup().decode("ascii")
    header, _, rest = text.partition("-----BEGIN ")
    assert rest.startswith("ENCRYPTED PRIVATE KEY-----")
    assert header.startswith("csrtui signed backup: "), (
        "release 0.1.0 reads no other backup without a checksum"
    )
    for message in (
        "Pair:       a.com\n",
        f"SPKI SHA-256 {csr_of().spki_sha256}\n",
        "Backed up:  2026-11-23T09:00:00Z\n",
        "openssl pkey -in FILE -out key.pem\n",
        "openssl req -in FILE -out request.pem\n",
        "csrtui restore FILE\n",
    ):
        assert message in header
    assert all(len(line) <= 100 for line in text.splitlines())
    assert text.index("ENCRYPTED PRIVATE KEY") < text.index("CERTIFICATE REQUEST")


def test_the_file_is_named_after_the_pair_and_the_time_in_utc() -> None:
    assert file_name("a.com", NOW) == "a.com.20261123-090000.backup.pem"
    elsewhere = datetime(2026, 11, 23, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    assert file_name("b", elsewhere) == "b.20261122-230203.backup.pem"
    assert file_name("b", datetime(1999, 1, 2, tzinfo=UTC)) == "b.19990102-000000.backup.pem"


# Changed


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def unnoticed(bits: range, data: bytes) -> list[int]:
    """Return the bits whose change is not noticed."""
    content = []
    for bit in bits:
        try:
            parse(flipped(data, bit))
        except InputError:
            continue
        content.append(bit)
    return content


@table("make", [backup, unsigned])
@table("key_protection", KeyProtection)
def test_a_single_bit_changed_is_noticed(key_protection: KeyProtection, make: Callable[..., bytes]) -> None:
    """Change one bit in every third byte."""
    data = make(key_protection, CERTIFICATES)
    assert unnoticed(range(0, 8 * len(data), 25), data) == []


@pytest.mark.slow
def test_each_single_bit_changed_in_a_signed_backup_is_noticed() -> None:
    data = backup(KeyProtection.PLAIN, CERTIFICATES)
    assert unnoticed(range(8 * len(data)), data) == []


def test_a_backup_cut_short_at_any_line_is_noticed() -> None:
    lines = backup(certificates=CERTIFICATES).splitlines(keepends=True)
    for count in range(len(lines)):
        with pytest.raises(InputError):
            parse(b"".join(lines[:count]))
    parse(b"".join(lines))


def test_removed_or_added_lines_are_noticed() -> None:
    lines = backup().splitlines(keepends=True)
    for count in range(len(lines)):
        for changed in (lines[:count] + lines[count + 1 :], [*lines[:count], b"\n", *lines[count:]]):
            with pytest.raises(InputError):
                parse(b"".join(changed))


def test_a_header_without_its_checksum_is_a_damaged_backup() -> None:
    lines = [line for line in unsigned().splitlines(keepends=True) if not line.startswith(b"SHA-256")]
    with pytest.raises(InputError, match="its signature or checksum is missing") as caught:
        parse(b"".join(lines))
    assert "copy its lines from the BEGIN line of the key to the last END line" in str(caught.value.hint)


def test_line_ends_of_windows_change_nothing() -> None:
    content = parse(backup(KeyProtection.ENCRYPTED, CERTIFICATES).replace(b"\n", b"\r\n"))
    assert content == parse(backup(KeyProtection.ENCRYPTED, CERTIFICATES))


# Backups of other programs


def test_the_blocks_alone_are_a_backup_without_a_name_and_without_proof() -> None:
    content = parse(b"Bag Attributes\n    friendlyName: x\n" + KEY + b"\n" + REQUEST + b"\n\n")
    assert (content.name, content.key_protection, content.integrity) == (
        None,
        KeyProtection.PLAIN,
        Integrity.NONE,
    )
    assert (content.key_pem, content.csr.der, content.certificates) == (KEY, csr_of().der, b"")
    assert parse(BARE.replace(b"\n", b"\r\n")).key_pem == KEY


PLAIN_KEY = KEY.replace(b"ENCRYPTED ", b"")
EMPTY_KEY = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n"


@table(
    ("data", "message"),
    [
        (b"", "that is not a backup"),
        (b"hello\n" * 100, "that is not a backup"),
        (CERTIFICATES, "that is not a backup"),
        (backup().decode().encode("utf-16"), "the file is in UTF-16"),
        (backup().partition(b"-----")[0], "changed or damaged after it was made: its key is missing"),
        (bytes(1024), "that is not a backup"),
        (b"x" * backup_file.MAX_BYTES, "that is not a backup"),
        (b"x" * (backup_file.MAX_BYTES + 1), "more than 1048576 bytes"),
        (b"x" * 2_000_000, "more than 1048576 bytes"),
        (KEY, "contains no certificate request; it may be cut short"),
        (REQUEST, "contains no encrypted private key; it may be cut short"),
        (KEY * 2 + REQUEST, "more than one key or request"),
        (KEY + REQUEST * 2, "more than one key or request"),
        (PLAIN_KEY + REQUEST, "a private key without a passphrase, not a backup"),
        (REQUEST + PLAIN_KEY, "a private key without a passphrase, not a backup"),
        (PLAIN_KEY.replace(b"PRIVATE", b"EC PRIVATE"), "a private key without a passphrase"),
        (PLAIN_KEY.replace(b"PRIVATE", b"RSA PRIVATE"), "a private key without a passphrase"),
        (PLAIN_KEY.replace(b"PRIVATE", b"OPENSSH PRIVATE"), "a private key without a passphrase"),
        (KEY.replace(b"MI", b"M=", 1) + REQUEST, "line 2, in the block ENCRYPTED PRIVATE KEY, is not base64"),
        (
            KEY.replace(b"\nM", b"\nM M", 1) + REQUEST,
            "line 2, in the block ENCRYPTED PRIVATE KEY, is not base64",
        ),
        (KEY.replace(b"MI", b"MA==\nMI", 1) + REQUEST, "the block ENCRYPTED PRIVATE KEY is damaged"),
        (KEY.replace(b"MI", b"MIAAAA", 1) + REQUEST, "the private key in the backup is damaged"),
        (
            KEY.replace(b"MI", b"\nMI", 1) + REQUEST,
            "line 2, in the block ENCRYPTED PRIVATE KEY, is not base64",
        ),
        (EMPTY_KEY + REQUEST, "the block ENCRYPTED PRIVATE KEY is empty"),
        (
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n" + REQUEST,
            "damaged",
        ),
        (KEY + REQUEST.rpartition(b"\n-----END")[0], "the block CERTIFICATE REQUEST has no END line"),
        (REQUEST + KEY, "not in the order of a backup"),
        (CERTIFICATES + KEY + REQUEST, "not in the order of a backup"),
        (KEY + CERTIFICATES + REQUEST, "not in the order of a backup"),
        (KEY + b"between\n" + REQUEST, "line 9 is text between or after the PEM blocks"),
        (BARE + b"-- \nJoe\n", "is text between or after the PEM blocks"),
        (
            BARE.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
            "begins a block NEW CERTIFICATE REQUEST",
        ),
        (BARE.replace(b"ENCRYPTED PRIVATE KEY", b"PUBLIC KEY"), "line 1 begins a block PUBLIC KEY"),
        (CERTIFICATES.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE") + BARE, "a block TRUSTED CERTIFICATE"),
        (BARE.replace(b"-----BEGIN", b"> -----BEGIN"), "line 1 has five dashes"),
        (b"x -----BEGIN PRIVATE KEY-----\n" + BARE, "line 1 has five dashes"),
        (b"x" * 254 + b"-----BEGIN PRIVATE KEY-----\n" + BARE, "line 1 is longer than 250 bytes"),
        (b"x " * 126 + b"\n" + BARE, "line 1 is longer than 250 bytes"),
        (KEY.replace(b"\nMI", b" " * 250 + b"\nMI", 1) + REQUEST, "line 1 is longer than 250 bytes"),
        (b"0\x82\x01\n" + BARE, "line 1 contains a control character"),
        (b"a\rb\n" + BARE, "line 1 contains a control character"),
        (KEY + REQUEST.replace(b"MI", b"AA", 1), "the certificate request is cut short"),
    ],
)
def test_a_file_that_is_not_a_backup_is_reported(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(data)


def test_only_a_valid_pair_name_is_read() -> None:
    for line in (b"../../etc", b".hidden", b"A", b"a/b", b"a" * 65, b"a b", b""):
        assert parse(b"Pair: " + line + b"\n" + BARE).name is None
    assert parse(b"Pair: b.com\n" + BARE).name == "b.com"


@given(st.binary() | st.text().map(str.encode))
@example(b"csrtui backup: ")
@example(b"csrtui signed backup: ")
@example(b"SHA-256 of all but this line: ")
@example(b"-----BEGIN \nSHA-256 of all but this line: ")
@example(b"-----BEGIN \nSHA-256 of all but this line: \n")
def test_any_bytes_end_in_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        parse(data)


BASE64 = KEY.splitlines(keepends=True)[1:-1]
PARTS = [
    *backup().splitlines(keepends=True),
    *unsigned().splitlines(keepends=True),
    KEY,
    REQUEST,
    b"\r",
    b"-----",
]


@given(st.lists(st.sampled_from(PARTS)))
@example([*EMPTY_KEY.splitlines(keepends=True), REQUEST])
@example([KEY.splitlines(keepends=True)[0], BASE64[0], EMPTY_KEY.splitlines(keepends=True)[1], REQUEST])
@example([*KEY.splitlines(keepends=True), REQUEST])
def test_a_backup_s_lines_in_any_order_are_one_or_end_in_an_input_error(parts: list[bytes]) -> None:
    """Only mixed lines of the key are not noticed until the passphrase is known."""
    try:
        content = parse(b"".join(parts))
    except InputError:
        return
    assert content.csr.der == csr_of().der
    lines = wrap("ENCRYPTED PRIVATE KEY", content.key).splitlines(keepends=True)[1:-1]
    assert sorted(lines) == sorted(BASE64)


@table("make", [backup, unsigned])
def test_changes_by_editors_and_mails_are_tolerated(make: Callable[..., bytes]) -> None:
    data = make(KeyProtection.ENCRYPTED, CERTIFICATES)
    as_is = parse(data)
    for changed in (
        b"\xef\xbb\xbf" + data,
        data.replace(b"\n", b" \n"),
        data.replace(b"\n", b"\t\r\n"),
        data.replace(b"\n", b"\r\r\n"),
        data.rstrip(b"\n"),
        data + b"\n \n\n",
    ):
        assert parse(changed) == as_is


@table("name", ["r_good", "r_bom"])
def test_a_backup_of_an_earlier_version_is_read(name: str) -> None:
    content = parse((DATA / "restore" / f"{name}.pem").read_bytes())
    assert (content.name, content.key_protection, content.integrity) == (
        "www.example-shop.com",
        KeyProtection.PLAIN,
        Integrity.CHECKSUM,
    )


@table("name", ["r_blocks", "r_blocks_bom"])
def test_the_blocks_of_an_earlier_backup_are_read(name: str) -> None:
    assert parse((DATA / "restore" / f"{name}.pem").read_bytes()).integrity is Integrity.NONE


def test_a_changed_backup_is_refused_with_a_hint_that_works() -> None:
    data = (DATA / "restore" / "r_after.pem").read_bytes()
    with pytest.raises(InputError, match="its checksum is wrong") as caught:
        parse(data)
    assert caught.value.hint == CHANGED_HINT
    blocks = data[data.index(b"-----BEGIN") : data.rindex(b"-----") + 5]
    assert parse(blocks).csr.names == ("www.example-shop.com", "example-shop.com")


def test_a_quoted_backup_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match="line 1 has five dashes, but does not begin a PEM block") as caught:
        parse((DATA / "restore" / "r_blocks_quoted.pem").read_bytes())
    assert "sed 's/^> //'" in str(caught.value.hint)


def test_keys_of_other_types_are_backed_up_in_the_same_way() -> None:
    for key_type in (KeyType.ED25519, KeyType.ML_DSA_65):
        text = backup_file.compose(
            "b", NOW, key_protection=KeyProtection.PLAIN, key_pem=key_block(key_type), csr=csr_of(key_type)
        )
        assert parse(text).csr == csr_of(key_type)


# In an age file


@table(
    ("key_protection", "key_pem"),
    [(KeyProtection.PLAIN, key_types.private_pem(key_of(KeyType.EC_P256))), (KeyProtection.ENCRYPTED, KEY)],
)
def test_the_text_for_an_age_file_contains_the_key_as_stored(
    key_protection: KeyProtection, key_pem: bytes
) -> None:
    text = backup_file.compose(
        "a.com", NOW, key_protection=key_protection, key_pem=key_pem, csr=csr_of(), envelope=Envelope.AGE
    )
    content = parse(text, Envelope.AGE)
    assert (content.name, content.key_protection, content.key_pem) == ("a.com", key_protection, key_pem)
    assert (content.integrity, content.envelope) == (Integrity.CHECKSUM, Envelope.AGE)
    assert unnoticed(range(0, 8 * len(text), 7), text) == []


def test_an_unopened_age_file_is_reported_with_the_option() -> None:
    with pytest.raises(InputError, match="encrypted to recipients: no passphrase opens it"):
        parse(b"age-encryption.org/v1\n-> X25519 x\n")


def test_a_key_without_a_passphrase_is_refused_outside_an_age_file() -> None:
    text = backup_file.compose(
        "a.com",
        NOW,
        key_protection=KeyProtection.PLAIN,
        key_pem=key_types.private_pem(key_of(KeyType.EC_P256)),
        csr=csr_of(),
        envelope=Envelope.AGE,
    )
    with pytest.raises(InputError, match="a private key without a passphrase, not a backup"):
        parse(text)
