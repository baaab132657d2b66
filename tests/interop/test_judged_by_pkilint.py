"""pkilint, the linter of several public CAs, checks certificates for requests that the advisor accepts or refuses.

A test CA issues a certificate for each request without an error for a public CA. The certificate must
have no finding of pkilint at the level ERROR or above.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from public_requests import Typed, requests
from requests_made import key_of
from safety_results import counted
from throwaway_ca import issue

from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectInput

pytestmark = pytest.mark.skipif(
    find_spec("pkilint") is None, reason="pkilint is not installed: it comes with the extra `test`"
)

OF_THE_CA: dict[str, str] = {}
"""Findings at the level ERROR about parts that only a CA adds. There are none to exclude."""

SAID_BEFORE = {
    # M&REGAN is a valid name, but pkilint decodes &REG. The user only gets a warning.
    "cabf.name.attribute_value_contains_html_entity": "html-entity",
}
"""Findings that are only warnings of the advisor, with its codes."""


@cache
def _linter(kind: Any) -> tuple[Any, Any]:
    from pkilint.cabf import serverauth
    from pkilint.pkix import certificate

    validators = serverauth.create_validators(kind)
    container = certificate.create_pkix_certificate_validator_container(
        serverauth.create_decoding_validators(), validators
    )
    return container, serverauth.create_serverauth_finding_filters(kind)


def refusals(certificate_der: bytes) -> dict[str, str]:
    """Return the codes and messages of pkilint's findings at the level ERROR or above."""
    from pkilint import finding_filter, loader
    from pkilint.cabf import serverauth
    from pkilint.validation import ValidationFindingSeverity as Severity

    document = loader.RFC5280CertificateDocumentLoader().load_der_document(certificate_der, "certificate")
    container, filters = _linter(serverauth.determine_certificate_type(document))
    results, _ = finding_filter.filter_results(filters, container.validate(document.root))
    return {
        found.finding.code: found.message or ""
        for result in results
        for found in result.finding_descriptions
        if found.finding.severity <= Severity.ERROR and found.finding.code not in OF_THE_CA
    }


def judge(count: int, seed: int) -> int:
    """Lint the requests that the advisor accepts, and return their number."""
    passed = 0
    for typed in requests(count, seed):
        advice = typed.advice()
        if advice.errors or advice.subject.common_name is None:
            continue
        passed += 1
        found = refusals(issue(typed.build(key_of(typed.key_type))))
        unsaid = {code: text for code, text in found.items() if SAID_BEFORE.get(code) not in typed.codes()}
        assert not unsaid, typed
    return passed


def test_accepted_requests_pass_pkilint() -> None:
    assert judge(30, seed=1) > 8


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_thousand_accepted_requests_pass_pkilint(seed: int) -> None:
    with counted(
        "A public CA accepts every CSR that has no error", "pkilint checks a certificate for the CSR"
    ) as tally:
        tally.add(judge(1000, seed))
    assert tally.how_often > 300


@pytest.mark.parametrize("key_type", [kind for kind in KeyType if kind.public_ca])
def test_every_key_type_for_a_public_ca_passes(key_type: KeyType) -> None:
    typed = Typed(("www.mydomain.com", "mydomain.com"), key_type=key_type)
    assert not typed.advice().errors
    assert not refusals(issue(typed.build(key_of(key_type))))


@pytest.mark.parametrize("key_type", [kind for kind in KeyType if not kind.public_ca])
def test_other_key_types_do_not_pass(key_type: KeyType) -> None:
    typed = Typed(("www.mydomain.com", "mydomain.com"), key_type=key_type)
    assert "key-not-public" in typed.codes()
    assert refusals(issue(typed.build(key_of(key_type))))


FIRM = SubjectInput(organization="Müller & Söhne GmbH", country="DE", locality="Köln")


def in_a_certificate(names: tuple[str, ...], subject: x509.Name | None = None) -> bytes:
    """Return a certificate with exactly these names, without csrtui's checks."""
    key = key_of(KeyType.EC_P256)
    common_name = x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0], _validate=False)
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject or x509.Name([common_name]))
    entries = x509.SubjectAlternativeName([general_name(name) for name in names])
    signed = builder.add_extension(entries, critical=False).sign(key, hashes.SHA256())
    return issue(signed.public_bytes(Encoding.DER))


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName._init_without_validation(name)


@pytest.mark.parametrize(
    "name",
    [
        "a_b.mydomain.com", "-a.mydomain.com", "a-.mydomain.com", "a..mydomain.com", ".mydomain.com", "mydomain.com.",
        "ab--cd.mydomain.com", "xn--99999999999.com", "intranet", "a.local",
        "mydomain.con", "a.test", "a.invalid", "a.home", "4.3.2.1.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa",
        "10.0.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.1", "fe80::1", "fc00::1", "2001:db8::1", "::1", "0.0.0.0",  # noqa: S104 - a name to be refused
        "w*.mydomain.com", "*.*.mydomain.com", "a.*.mydomain.com", "my domain.com", "a@mydomain.com",
        "https://mydomain.com/", "x" * 64, "aaaaaaaaaaaaaaaa.onion", "b" * 56 + ".onion", "10.0.0.300",
    ],
)  # fmt: skip
def test_a_name_that_pkilint_refuses_is_an_error(name: str) -> None:
    assert refusals(in_a_certificate((name,))), "the case is none: pkilint lets it pass"
    assert Typed((name,)).advice().errors


SUBJECTS = [
    (field, value)
    for field, values in {
        "country": ["UK", "EN", "ZZ", "EU", "AA"],
        "organization": ["-", ".", " - ", "...", "A &amp; B", "M&REGAN", "&lt;b&gt;"],
        "locality": [".", "-", "K&ouml;ln"],
        "state": ["--", "*", "/"],
    }.items()
    for value in values
]
_OIDS = {
    "country": x509.NameOID.COUNTRY_NAME,
    "state": x509.NameOID.STATE_OR_PROVINCE_NAME,
    "locality": x509.NameOID.LOCALITY_NAME,
    "organization": x509.NameOID.ORGANIZATION_NAME,
}


@pytest.mark.parametrize(("field", "value"), SUBJECTS)
def test_a_field_that_pkilint_refuses_is_a_finding(field: str, value: str) -> None:
    fields = {"country": "DE", "state": "Bayern", "locality": "Fürth", "organization": "Müller", field: value}
    subject = x509.Name([
        *(x509.NameAttribute(oid, fields[name]) for name, oid in _OIDS.items()),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.mydomain.com"),
    ])  # fmt: skip
    found = refusals(in_a_certificate(("www.mydomain.com",), subject))
    typed = Typed(("www.mydomain.com", "mydomain.com"), SubjectInput(**fields))
    said = [finding for finding in typed.advice().findings if finding.field == field]
    assert any(finding.level != "note" for finding in said)
    assert found or value in {"*", "/"}, "the case is none: pkilint lets it pass"  # it accepts any symbol


def test_a_request_in_the_wrong_order_would_be_noticed() -> None:
    wrong = x509.Name([
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.mydomain.com"),
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "DE"),
    ])  # fmt: skip
    assert "cabf.serverauth.invalid_rdn_order" in refusals(in_a_certificate(("www.mydomain.com",), wrong))
