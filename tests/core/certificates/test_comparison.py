"""The contents of a certificate, its differences from the request, and its problems."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from certificates_made import DAYS, START, build, der, intermediate, named, pem, root
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import x448
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from requests_made import NOW, der_of, key_of
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, Level, Purpose
from csrtui.core.base.validity import Validity
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import (
    Certificate,
    max_validity_days,
    read_der,
    to_pem,
    validity_days,
)
from csrtui.core.certificates.chain import Chain, ChainEnd, build_chain
from csrtui.core.certificates.comparison import (
    CertificateFlawKind,
    DifferenceKind,
    differences,
    flaws,
    usability_flaws,
)
from csrtui.core.certificates.path_validation import ChainState, ChainStatus, validate_chain
from csrtui.core.keys.key_types import KeyType, spki_sha256
from csrtui.core.subject import distinguished_name
from csrtui.core.subject.fields import Attribute, SubjectFields

SUBJECT = SubjectFields(common_name="a.com", organization="My Ltd", country="GB")
CSR_DER = der_of(SUBJECT, "a.com", "www.a.com")
CSR = csr.read_der(CSR_DER)
CA = read_der(intermediate().der)
DAY = timedelta(days=1)


def issued(**changes: Any) -> Certificate:
    return read_der(der(intermediate().sign(CSR_DER, **changes)))


def subject(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


# Contents


def test_all_fields_of_a_certificate_are_decoded() -> None:
    certificate = issued()
    assert certificate.subject == SUBJECT
    assert (certificate.subject_text, certificate.issuer_text) == ("CN=a.com,O=My Ltd,C=GB", "CN=Test CA 1")
    assert certificate.names == ("a.com", "www.a.com")
    assert certificate.validity == Validity(START, START + DAYS * DAY - timedelta(seconds=1))
    assert (certificate.serial, certificate.signature_hash) == ("0ABC", "sha256")
    assert certificate.spki_sha256 == CSR.spki_sha256 == spki_sha256(key_of(KeyType.EC_P256).public_key())
    assert (certificate.is_ca, certificate.is_self_issued) == (False, False)
    assert (certificate.is_for_servers, certificate.has_old_hash) == (True, False)
    assert (CA.is_ca, CA.is_self_issued, read_der(root().der).is_self_issued) == (True, False, True)


def test_openssl_decodes_the_same_fields() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    certificate = issued()
    options = ("-noout", "-serial", "-fingerprint", "-sha256", "-subject", "-nameopt", "RFC2253")
    output = subprocess.run(
        ["openssl", "x509", *options], input=to_pem([certificate]), capture_output=True, check=True
    ).stdout.decode()
    assert "serial=0ABC" in output
    assert f"subject={certificate.subject_text}" in output
    assert certificate.sha256 in output.replace(":", "").lower()


def test_pem_is_written_as_by_cryptography() -> None:
    certificates = [intermediate().certificate, root().certificate]
    assert to_pem(read_der(der(certificate)) for certificate in certificates) == pem(*certificates)


def test_an_unsupported_key_matches_no_pair_and_a_fixed_hash_is_none() -> None:
    strange = build(named("x"), x448.X448PrivateKey.generate().public_key(), root(), [])
    unknown = der(strange).replace(bytes.fromhex("06032b656f"), bytes.fromhex("06032b657f"))
    assert read_der(unknown).spki_sha256 is None
    ed25519 = key_of(KeyType.ED25519)
    own = build(named("x"), ed25519.public_key(), (named("x"), ed25519), [], hash=None)
    assert read_der(der(own)).signature_hash is None


def test_an_unknown_version_is_refused_as_such() -> None:
    odd = der(build(named("x"), root().key.public_key(), root(), [])).replace(
        b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"
    )
    with pytest.raises(InputError, match="version 7"):
        read_der(odd)


@table(
    ("changes", "text"),
    [
        ({"subject": x509.Name([]), "names": ["a\x07.com", "b.com"]}, "a\\x07.com"),
        ({}, "CN=a.com,O=My Ltd,C=GB"),
        ({"subject": subject()}, "a.com"),
        ({"subject": subject(), "names": []}, "serial number 0ABC"),
    ],
)
def test_the_display_name_is_the_subject_else_a_name_else_the_serial_number(
    changes: dict[str, Any], text: str
) -> None:
    assert issued(**changes).display_name == text


def test_a_root_of_version_1_counts_as_a_ca() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", "/dev/null", "-subj", "/CN=Old", "-config", "/dev/stdin", "-outform", "DER"],
        input=b"[req]\ndistinguished_name=d\n[d]\n", capture_output=True, check=True,
    ).stdout  # fmt: skip
    certificate = read_der(made)
    assert certificate.is_ca is (b"\xa0\x03\x02\x01\x02" not in made)


# Differences


def kinds(certificate: Certificate) -> list[tuple[DifferenceKind, str | None, str | None]]:
    return [
        (difference.kind, difference.requested, difference.issued)
        for difference in differences(CSR, certificate)
    ]


def test_a_certificate_as_requested_has_no_differences() -> None:
    assert kinds(issued()) == []
    assert kinds(issued(names=["WWW.A.com", "a.com"])) == []


def test_names_dropped_and_added_are_named() -> None:
    assert kinds(issued(names=["a.com", "b.com"])) == [
        (DifferenceKind.NAME_DROPPED, "www.a.com", None),
        (DifferenceKind.NAME_ADDED, None, "b.com"),
    ]


def test_a_common_name_that_the_csr_has_in_its_subject_alone_was_requested() -> None:
    request = CSR._replace(names=())
    result = differences(request, issued(names=["A.com", "www.a.com"]))
    assert [(difference.kind, difference.issued) for difference in result] == [
        (DifferenceKind.NAME_ADDED, "www.a.com")
    ]


@pytest.mark.parametrize(
    ("unit", "further", "expected"),
    [
        ("A", (), []),
        ("B", ("A",), [(DifferenceKind.FIELD_ADDED, None, "B")]),
        (None, (), [(DifferenceKind.FIELD_DROPPED, "OU=A", None)]),
    ],
)
def test_a_unit_that_the_ca_moves_is_not_a_difference(
    unit: str | None, further: tuple[str, ...], expected: list[object]
) -> None:
    requested = SUBJECT._replace(attributes=(Attribute("OU", "A"),))
    issued_subject = SUBJECT._replace(
        organizational_unit=unit, attributes=tuple(Attribute("OU", text) for text in further)
    )
    changed = issued(subject=distinguished_name.encode(issued_subject))
    request = CSR._replace(subject=requested)
    assert [(one.kind, one.requested, one.issued) for one in differences(request, changed)] == expected


def test_a_changed_subject_is_reported_field_by_field() -> None:
    other = subject(
        (NameOID.ORGANIZATION_NAME, "My Limited"),
        (NameOID.LOCALITY_NAME, "London\x1b[2J"),
        (NameOID.COMMON_NAME, "a.com"),
    )
    certificate = issued(subject=other)
    assert kinds(certificate) == [
        (DifferenceKind.FIELD_CHANGED, "My Ltd", "My Limited"),
        (DifferenceKind.FIELD_DROPPED, "GB", None),
        (DifferenceKind.FIELD_ADDED, None, "London\x1b[2J"),
    ]
    texts = [difference.text for difference in differences(CSR, certificate)]
    assert texts == [
        "the CA changed the organization from My Ltd to My Limited",
        "the CA left out the country GB",
        "the CA added the locality London\\x1b[2J",
    ]


@table("days", [1, 47, 90, 189, 200])
def test_a_short_validity_is_not_a_difference(days: int) -> None:
    assert kinds(issued(days=days)) == []


@table(
    ("year", "month", "day", "days"),
    [
        (2026, 3, 14, 398), (2026, 3, 15, 200), (2027, 3, 14, 200), (2027, 3, 15, 100),
        (2029, 3, 14, 100), (2029, 3, 15, 47), (2040, 1, 1, 47),
    ],
)  # fmt: skip
def test_the_maximum_validity_follows_the_schedule(year: int, month: int, day: int, days: int) -> None:
    assert max_validity_days(datetime(year, month, day, tzinfo=UTC)) == days


@table(("seconds", "days"), [(0, 1), (86_399, 1), (86_400, 2), (200 * 86_400 - 1, 200)])
def test_a_started_day_counts_as_a_day(seconds: int, days: int) -> None:
    assert validity_days(Validity(START, START + timedelta(seconds=seconds))) == days


@table(("seconds", "days"), [(90 * 86_400 - 2, 89), (90 * 86_400 - 1, 90), (90 * 86_400, 90), (86_398, 0)])
def test_displayed_days_include_both_ends(seconds: int, days: int) -> None:
    assert Validity(START, START + timedelta(seconds=seconds)).whole_days == days


# Problems


def flaws_of(
    leaf: Certificate, *others: Certificate, now: datetime = NOW, ca: CaKind = CaKind.PUBLIC
) -> list[tuple[CertificateFlawKind, Level]]:
    chain = build_chain(leaf, others, now)
    return [(flaw.kind, flaw.level) for flaw in flaws(chain, validate_chain(chain, now), ca, now)]


ROOT = read_der(root().der)
LAST = START + DAYS * DAY - timedelta(seconds=1)


@table(
    ("now", "expected"),
    [
        (START - timedelta(seconds=1), [(CertificateFlawKind.NOT_YET_VALID, Level.WARNING)]),
        (START, []),
        (LAST, []),
        (LAST + timedelta(seconds=1), [(CertificateFlawKind.EXPIRED, Level.WARNING)]),
    ],
)
def test_a_certificate_that_is_not_valid_now_is_reported(now: datetime, expected: list[object]) -> None:
    assert flaws_of(issued(), CA, ROOT, now=now) == expected


def test_an_expired_intermediate_is_reported() -> None:
    expired = intermediate("Test CA gone", days=30)
    leaf = read_der(der(expired.sign(CSR_DER)))
    assert flaws_of(leaf, read_der(expired.der), ROOT) == [(CertificateFlawKind.CHAIN_INVALID, Level.WARNING)]


@table(
    ("life", "expected"),
    [
        (timedelta(days=200, seconds=-1), []),
        (timedelta(days=200), ["1 second"]),
        (timedelta(days=365, seconds=-1), ["165 days"]),
    ],
)
def test_a_validity_that_browsers_refuse_is_reported_only_for_a_public_ca(
    life: timedelta, expected: list[str]
) -> None:
    certificate = replace(issued(), validity=Validity(START, START + life))
    chain = build_chain(certificate, (CA, ROOT), NOW)
    found = flaws(chain, validate_chain(chain, NOW), CaKind.PUBLIC, NOW)
    assert [flaw.kind for flaw in found] == [CertificateFlawKind.LIFE_TOO_LONG for _ in expected]
    assert all(
        f"{excess} more than 200 days" in flaw.text for excess, flaw in zip(expected, found, strict=True)
    )
    assert flaws_of(certificate, CA, ROOT, ca=CaKind.PRIVATE) == []


def test_the_end_of_a_chain_is_reported() -> None:
    leaf = issued()
    assert flaws_of(leaf) == [(CertificateFlawKind.CHAIN_INCOMPLETE, Level.WARNING)]
    assert flaws_of(leaf, ca=CaKind.PRIVATE) == [(CertificateFlawKind.CHAIN_INCOMPLETE, Level.NOTE)]
    assert flaws_of(leaf, CA) == []
    assert flaws_of(leaf, CA, ROOT) == []
    namesake = read_der(der(build(named("Test CA 1"), key_of(KeyType.EC_P256).public_key(), root(), [])))
    assert flaws_of(leaf, namesake) == [(CertificateFlawKind.CHAIN_INVALID, Level.WARNING)]


def test_an_old_hash_is_reported_except_for_the_root() -> None:
    old = replace(issued(), signature_hash="sha1")
    chain = Chain(
        old, (replace(CA, signature_hash="md5"),), replace(ROOT, signature_hash="sha1"), ChainEnd.ROOT
    )
    valid = ChainStatus(ChainState.VALID, None, "")
    result = flaws(chain, valid, CaKind.PUBLIC, NOW)
    assert [flaw.kind for flaw in result] == [CertificateFlawKind.OLD_HASH] * 2
    assert ["SHA1" in result[0].text, "MD5" in result[1].text] == [True, True]


CLIENT, ANY = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


@table(
    ("purposes", "expected"),
    [
        (None, []),
        ((ExtendedKeyUsageOID.SERVER_AUTH,), []),
        ((ANY,), []),
        ((CLIENT,), [(CertificateFlawKind.NOT_FOR_SERVERS, Level.WARNING)]),
        ((ExtendedKeyUsageOID.SERVER_AUTH, CLIENT), [(CertificateFlawKind.FOR_CLIENTS, Level.NOTE)]),
    ],
)
def test_an_unsuitable_purpose_is_reported(
    purposes: tuple[x509.ObjectIdentifier, ...] | None, expected: list[tuple[CertificateFlawKind, Level]]
) -> None:
    leaf = issued(purposes=purposes)
    assert flaws_of(leaf, CA, ROOT) == expected
    private = [kind for kind, _ in flaws_of(leaf, CA, ROOT, ca=CaKind.PRIVATE)]
    assert private == [kind for kind, level in expected if level is Level.WARNING]


@table(
    ("changes", "names", "purpose", "expected"),
    [
        ({}, ("a.com", "www.a.com"), Purpose.SERVER, []),
        ({"names": ["*.a.com"]}, ("www.a.com",), Purpose.SERVER, []),
        ({"names": ["a.com"]}, ("A.com",), Purpose.SERVER, []),
        (
            {"names": ["b.com"]},
            ("a.com",),
            Purpose.EMAIL,
            [("is not for e-mail (S/MIME), as requested", True)],
        ),
        ({"names": ["b.com"]}, ("email:joe@a.com",), Purpose.SERVER, []),
        ({"names": ["a.com"]}, ("a.com", "www.a.com"), Purpose.SERVER, [("does not cover www.a.com", False)]),
        (
            {"names": ["b.com"]},
            ("a.com", "c.com"),
            Purpose.SERVER,
            [("does not cover a.com and c.com", True)],
        ),
        (
            {"names": ["a.com"]},
            tuple(f"{name}.a.com" for name in "abcd"),
            Purpose.SERVER,
            [("does not cover a.a.com, b.a.com and 2 more", True)],
        ),
        (
            {"names": ["a.com"], "purposes": (CLIENT,)},
            ("a.com", "www.a.com"),
            Purpose.SERVER,
            [("is not for TLS servers", True), ("does not cover www.a.com", False)],
        ),
        (
            {},
            ("a.com",),
            Purpose.SERVER_CLIENT,
            [("is not for TLS servers and clients, as requested", False)],
        ),
        ({"names": []}, ("a.com",), Purpose.SERVER, [("has no subject alternative names", False)]),
    ],
)
def test_reasons_to_refuse_a_certificate_for_a_requested_use(
    changes: dict[str, Any], names: tuple[str, ...], purpose: Purpose, expected: list[tuple[str, bool]]
) -> None:
    found = [
        (flaw.text.partition(":")[0].removeprefix("the certificate "), flaw.is_total)
        for flaw in usability_flaws(issued(**changes), names, purpose)
    ]
    assert found == expected


@table(
    ("name", "extensions", "purpose", "is_reported"),
    [
        ("a.com", [], Purpose.SERVER, True),
        ("a.com", [], Purpose.SERVER_CLIENT, True),
        ("a.com", [], Purpose.EMAIL, False),
        ("a.com", [x509.ExtendedKeyUsage([CLIENT])], Purpose.SERVER, False),
        ("a.com", [x509.BasicConstraints(ca=True, path_length=None)], Purpose.SERVER, True),
        (None, [], Purpose.SERVER, True),
        (None, [x509.ExtendedKeyUsage([CLIENT])], Purpose.SERVER, False),
        ("Jane Doe", [], Purpose.SERVER, False),
        ("a.com", [x509.SubjectAlternativeName([x509.DNSName("a.com")])], Purpose.SERVER, False),
    ],
)
def test_a_server_certificate_with_only_a_common_name_is_reported(
    name: str | None, extensions: list[x509.ExtensionType], purpose: Purpose, is_reported: bool
) -> None:
    leaf_subject = subject() if name is None else named(name)
    leaf = read_der(der(build(leaf_subject, key_of(KeyType.EC_P256).public_key(), root(), extensions)))
    chain = build_chain(leaf, [ROOT], NOW)
    result = flaws(chain, validate_chain(chain, NOW), CaKind.PRIVATE, NOW, purpose)
    assert (CertificateFlawKind.NO_ALTERNATIVE_NAMES in [flaw.kind for flaw in result]) is is_reported


@table(("number", "text"), [(0xABC, "0ABC"), (0xAB, "AB"), (1, "01")])
def test_a_serial_number_has_an_even_number_of_digits(number: int, text: str) -> None:
    key = key_of(KeyType.EC_P256).public_key()
    assert read_der(der(build(named("a.com"), key, root(), [], serial=number))).serial == text


def test_warnings_come_before_notes() -> None:
    leaf = issued(purposes=(ExtendedKeyUsageOID.SERVER_AUTH, CLIENT))
    levels = [level for _, level in flaws_of(leaf, now=LAST + DAY)]
    assert levels == [Level.WARNING, Level.NOTE]
