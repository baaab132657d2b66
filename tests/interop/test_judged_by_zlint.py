"""zlint's rules on names and subjects as test cases: what zlint refuses is an error or a warning in csrtui.

zlint is written in Go and is neither a Python nor a Debian package, so this file lists its lints by name, each
with values that it refuses. Lints on parts that do not come from a CSR are left out.
"""

from __future__ import annotations

from public_requests import Typed
from tables import table

from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectInput

NAMES = {
    "e_dnsname_bad_character_in_label": ["a!b.mydomain.com", "a b.mydomain.com", "a+b.mydomain.com", "a,b.mydomain.com"],
    "e_dnsname_left_label_wildcard_correct": ["w*.mydomain.com", "*w.mydomain.com", "**.mydomain.com"],
    "e_dnsname_wildcard_only_in_left_label": ["a.*.mydomain.com", "*.*.mydomain.com", "mydomain.*"],
    "e_dnsname_contains_bare_iana_suffix": ["com", "de", "museum", "xn--p1ai"],
    "n_dnsname_wildcard_left_of_public_suffix": ["*.com", "*.co.uk", "*.xn--p1ai"],
    "n_san_iana_pub_suffix_empty": ["co.uk", "com.au", "k12.ca.us"],
    "e_dnsname_empty_label": ["a..mydomain.com", ".mydomain.com", "mydomain.com."],
    "e_dnsname_contains_prohibited_reserved_label": ["ab--cd.mydomain.com", "xm--a.mydomain.com", "a.zz--top.com"],
    "e_dnsname_hyphen_in_sld": ["-mydomain.com", "mydomain-.com", "www.-mydomain.com"],
    "e_dnsname_label_too_long": ["x" * 64 + ".com", "www." + "ü" * 60 + ".com"],
    "e_dnsname_not_valid_tld": ["mydomain.con", "a.local", "a.internal", "a.corp", "a.test", "server1", "a.home"],
    "e_dnsname_underscore_in_sld": ["my_domain.com"],
    "w_dnsname_underscore_in_trd": ["a_b.mydomain.com", "_dmarc.mydomain.com"],
    "e_underscore_not_permissible_in_dnsname": ["_a.mydomain.com", "a_.b.mydomain.com"],
    "e_arpa_domain_not_allowed": ["4.3.2.1.in-addr.arpa", "*.8.b.d.0.1.0.0.2.ip6.arpa"],
    "e_subject_contains_reserved_arpa_ip": ["1.0.0.10.in-addr.arpa"],
    "e_subject_contains_malformed_arpa_ip": ["a.in-addr.arpa"],
    "e_ext_san_contains_reserved_ip": [
        "10.0.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1", "240.0.0.1", "0.1.2.3", "192.0.0.9", "192.0.0.170",
        "192.31.196.1", "192.175.48.1", "192.52.193.1", "255.255.255.255", "169.254.1.1", "239.1.1.1", "127.0.0.1",
        "2001:2::1", "2001:db8::1", "4000::1", "8000::1", "2001::1", "2620:4f:8000::1", "2001:3::1", "2001:20::1",
        "2002:808:808::1", "64:ff9b::808:808", "64:ff9b:1::1", "2001:1::1", "100::1", "fc00::1", "fe80::1", "ff02::1",
        "::1", "::",
    ],
    "e_san_dns_name_onion_invalid": ["a.onion", "a" * 16 + ".onion", "b" * 56 + ".onion"],
    "e_ext_san_dns_name_too_long": ["a." * 126 + "com"],
    "e_ext_san_space_dns_name": [" ", "my domain.com"],
    "e_san_bare_wildcard": ["*"],
    "e_san_wildcard_not_first": ["www.*.com", "a*.mydomain.com"],
    "e_san_dns_name_starts_with_period": [".mydomain.com"],
    "e_san_dns_name_includes_null_char": ["a\0.mydomain.com"],
    "e_international_dns_name_not_unicode": ["xn--99999999999.com", "xn--a.com"],
    "e_international_dns_name_not_nfc": ["xn--e-xbb.com"],
    "e_subject_common_name_max_length": ["a." + "x" * 60 + ".com"],
}  # fmt: skip

FIELDS = {
    "e_subject_contains_noninformational_value": {
        "organization": [".", "-", "--", "...", " - ", "?"],
        "locality": ["-", "*"],
        "state": [".", "/", "_"],
        "organizational_unit": ["."],
    },
    "e_subj_contains_html_entities": {
        "organization": ["A &amp; B", "A &#38; B", "A &foo; B", "A &#x26; B", "A &amp;amp; B"],
        "locality": ["K&ouml;ln"],
        "state": ["Th&uuml;ringen"],
    },
    "e_subject_dn_not_printable_characters": {
        "organization": ["A\nB", "A\x00B", "A\x1bB", "A\x7fB", "A\x85B", "A\x9fB"],
        "locality": ["A\tB"],
        "state": ["A\rB"],
    },
    "e_state_or_province_name_must_not_contain_control_characters": {
        "state": ["a=b", "a:b", "{a}", "a;b", 'a"b', "a|b", "a\\b", "[a]"],
        "locality": ["L=London", "a;b", '"London"'],
    },
    "e_subject_country_not_iso": {"country": ["UK", "EN", "ZZ", "EU", "XK", "usa", "Germany", "D"]},
    "e_subject_organization_name_max_length": {"organization": ["x" * 65]},
    "e_subject_organizational_unit_name_max_length": {"organizational_unit": ["x" * 65]},
    "e_subject_locality_name_max_length": {"locality": ["x" * 129]},
    "e_subject_state_name_max_length": {"state": ["x" * 129]},
    "e_organizational_unit_name_prohibited": {"organizational_unit": ["IT"]},
    "e_sub_cert_country_name_must_appear": {"country": [""]},
}


@table(("lint", "name"), [(lint, name) for lint, names in NAMES.items() for name in names])
def test_a_name_that_zlint_refuses_is_an_error(lint: str, name: str) -> None:
    advice = Typed((name,)).advice()
    assert advice.errors or advice.subject.common_name is None, lint
    behind_another = Typed(("www.mydomain.com", name)).advice()
    assert behind_another.errors or name not in behind_another.covered_names or len(name) > 64, lint


@table(
    ("lint", "field", "value"),
    [
        (lint, field, value)
        for lint, fields in FIELDS.items()
        for field, values in fields.items()
        for value in values
    ],
)
def test_a_field_that_zlint_refuses_is_an_error_or_a_warning(lint: str, field: str, value: str) -> None:
    fields = {"country": "DE", "locality": "Köln", "organization": "Müller & Söhne", field: value}
    typed = Typed(("www.mydomain.com", "mydomain.com"), SubjectInput(**fields))
    said = {finding.code for finding in typed.advice().findings if finding.field == field}
    assert said & typed.codes(), lint


def test_a_subject_that_zlint_accepts_has_no_error_and_no_warning() -> None:
    subject = SubjectInput(
        country="DE", locality="Köln", state="Nordrhein-Westfalen", organization="Müller, Söhne"
    )
    for key_type in KeyType:
        typed = Typed(
            ("www.mydomain.com", "mydomain.com", "*.a.mydomain.com", "a.mydomain.com"), subject, key_type
        )
        assert typed.codes() == (set() if key_type.public_ca else {"key-not-public"})


@table("field", ["organization", "state", "locality"])
@table("blank", [" ", "\u00a0", "\u3000"])
def test_leading_and_trailing_blanks_that_zlint_reports_are_not_written(field: str, blank: str) -> None:
    fields = {"country": "DE", "organization": "Müller", "state": "Bayern", "locality": "Fürth"}
    fields[field] = f"{blank}{fields[field]}{blank}"
    subject = Typed(("www.mydomain.com",), SubjectInput(**fields)).advice().subject
    written = getattr(subject, field)
    assert written == written.strip()
