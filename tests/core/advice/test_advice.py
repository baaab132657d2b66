"""Every rule of the advisor: when it applies, when it does not, its level, and the effect of its fix."""

import itertools
import re
from base64 import b32encode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha3_256
from importlib.resources import files
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.advice.advisor import MISSING_COMMON_NAME, Advice, advise, describe_coverage
from csrtui.core.advice.coverage_rules import COVERAGE_RULES, MANY_NAMES, PURPOSE_RULES
from csrtui.core.advice.field_help import CA_HELP, FIELD_HELP, KEY_HELP
from csrtui.core.advice.field_rules import FIELD_RULES
from csrtui.core.advice.key_rules import AGE_RULES, CSR_NAME_RULES, CSR_RULES, KEY_RULES, QUALITY_RULES
from csrtui.core.advice.name_rules import NAME_RULES
from csrtui.core.advice.placeholders import has_template
from csrtui.core.advice.rule import PERSON_FIX, PRIVATE_CA_FIX, Hit, Rule, evaluate
from csrtui.core.advice.rule_arguments import MAX_NAMES_WITH_FIXES
from csrtui.core.advice.subject_rules import SUBJECT_RULES
from csrtui.core.advice.syntax_rules import FLAW_RULES
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, Purpose, merge_same_reasons
from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.name import read_name
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.core.subject.fields import SubjectInput, read_attribute


@cache
def suffix_list() -> SuffixList:
    return SuffixList.parse(
        (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    )


@dataclass(frozen=True)
class Typed:
    """A request as typed."""

    names: tuple[str, ...] = ("mail.mydomain.com",)
    subject: SubjectInput = field(default_factory=SubjectInput)
    key: KeyType = KeyType.EC_P256
    purpose: Purpose = Purpose.SERVER
    no_common_name: bool = False

    def advice(self, ca: CaKind = CaKind.PUBLIC) -> Advice:
        return advise(
            self.names,
            self.subject,
            ca=ca,
            key_type=self.key,
            suffixes=suffix_list(),
            purpose=self.purpose,
            no_common_name=self.no_common_name,
        )

    def codes(self, ca: CaKind = CaKind.PUBLIC) -> list[str]:
        return [finding.code for finding in self.advice(ca).findings]


def names(*typed: str) -> Typed:
    return Typed(names=typed)


def fields(**typed: str) -> Typed:
    return Typed(subject=SubjectInput(**typed))


def purpose(value: str, *typed: str) -> Typed:
    return Typed(names=typed, purpose=Purpose(value))


def key(value: str) -> Typed:
    return Typed(key=KeyType(value))


def onion(*, damaged: bool = False, version: bytes = b"\x03") -> str:
    public_key = bytes(range(32))
    checksum = sha3_256(b".onion checksum" + public_key + version).digest()[:2]
    label = b32encode(public_key + checksum + version).decode().lower()
    return f"{'b' if damaged else label[0]}{label[1:]}.onion"


RULES: tuple[Rule[Any], ...] = (
    *FLAW_RULES,
    *NAME_RULES,
    *COVERAGE_RULES,
    MANY_NAMES,
    *FIELD_RULES,
    *SUBJECT_RULES,
    *KEY_RULES,
    *PURPOSE_RULES,
)
E, W, N, SILENT = Level.ERROR, Level.WARNING, Level.NOTE, None
LONG = "x" * 62 + ".mydomain.com"
FIRM = {"organization": "Example Ltd", "country": "GB", "locality": "London"}

LEVELS: dict[str, tuple[Level | None, Level | None]] = {
    "www-not-covered": (W, W),
    "bare-not-covered": (W, W),
    "not-a-hostname": (E, E),
    "address-invalid": (E, E),
    "email-invalid": (E, E),
    "uri-invalid": (E, E),
    "upn-invalid": (E, E),
    "spiffe-invalid": (E, E),
    "space": (E, E),
    "trailing-dot": (E, E),
    "empty-label": (E, E),
    "label-length": (E, E),
    "name-length": (E, E),
    "common-name-length": (E, E),
    "bad-character": (E, E),
    "underscore": (E, W),
    "hyphen-edge": (E, E),
    "reserved-label": (E, E),
    "upper-case": (N, N),
    "international": (N, N),
    "international-invalid": (E, E),
    "mixed-script": (W, W),
    "single-label": (E, N),
    "internal-name": (E, N),
    "reserved-name": (W, N),
    "public-suffix": (E, W),
    "ip-address": (W, N),
    "private-address": (E, N),
    "reverse-zone": (E, W),
    "numeric-tld": (E, E),
    "wildcard": (N, N),
    "wildcard-bare-not-covered": (W, W),
    "wildcard-place": (E, E),
    "wildcard-public-suffix": (E, W),
    "wildcard-redundant": (N, N),
    "onion": (E, E),
    "duplicate": (N, N),
    "purpose-not-public": (E, SILENT),
    "purpose-mismatch": (W, W),
    "many-names": (W, N),
    "length": (E, E),
    "control-character": (E, E),
    "edge-space": (N, N),
    "country-unknown": (E, E),
    "country-case": (N, N),
    "country-missing": (W, SILENT),
    "place-missing": (W, SILENT),
    "organization-missing": (W, SILENT),
    "state-abbreviated": (W, W),
    "unit-retired": (W, SILENT),
    "placeholder": (E, W),
    "invisible-character": (E, E),
    "portal-character": (W, SILENT),
    "place-character": (E, W),
    "html-entity": (E, W),
    "encoding-damage": (W, W),
    "key-not-public": (E, N),
    "key-slow": (N, N),
}

UNFORCEABLE = {
    "not-a-hostname", "space", "trailing-dot", "empty-label", "label-length", "name-length", "common-name-length",
    "bad-character", "hyphen-edge", "international-invalid", "numeric-tld", "wildcard-place",
    "address-invalid", "email-invalid", "uri-invalid", "upn-invalid",
    "length", "control-character",
}  # fmt: skip

HITS: dict[str, list[Typed]] = {
    "www-not-covered": [
        names("mydomain.com"),
        names("firm.co.uk"),
        names("bücher.de"),
        names("firm.za"),
    ],
    "bare-not-covered": [names("www.mydomain.com"), names("www.firm.co.uk"), names("www.bücher.de")],
    "address-invalid": [
        names("ip:mail.mydomain.com"),
        names("IP:10.0.0.300"),
        names("ip:10.0.0.0/24"),
        names("10.0.0.0/24"),
        names("10.0.0.0/255.0.0.0"),
        names("fd00::/8"),
    ],
    "email-invalid": [
        names(f"email:{typed}")
        for typed in (
            "jane",
            "@mydomain.com",
            "jane@",
            "jürgen@mydomain.com",
            "a b@mydomain.com",
            "jane.@mydomain.com",
            '"j"@mydomain.com',
            "jane@my domain.com",
            "jane@*.mydomain.com",
            "j" * 65 + "@mydomain.com",
            "jane@a..b",
        )
    ],
    "uri-invalid": [
        names(f"uri:{typed}")
        for typed in (
            "www.mydomain.com",
            "/path",
            "https://",
            "https:///path",
            "https://a b/",
            "https://mydomain.com/é",
            "https://a..b/",
            "https://user@/",
            "urn:a|b",
            "https://[::1/",
            "https://*.mydomain.com/",
        )
    ],
    "upn-invalid": [
        names(f"upn:{typed}")
        for typed in (
            "jane",
            "@corp.local",
            "jane@",
            "jane@a@corp.local",
            "j ane@corp.local",
            "jane@corp..local",
        )
    ],
    "spiffe-invalid": [
        names(typed)
        for typed in (
            "spiffe://mydomain.com",
            "spiffe://mydomain.com/",
            "spiffe://mydomain.com/a/",
            "spiffe://mydomain.com//a",
            "spiffe://mydomain.com/a/../b",
            "spiffe://mydomain.com/a%20b",
            "spiffe://mydomain.com:8443/a",
            "spiffe://joe@mydomain.com/a",
            "spiffe://mydomain.com/a?b",
            "spiffe:///a",
            "uri:spiffe://mydomain.com/" + "a" * 2048,
        )
    ]
    + [names("spiffe://mydomain.com/a", "uri:https://mydomain.com/")],
    "not-a-hostname": [
        names(typed)
        for typed in (
            "https://www.mydomain.com/a?b#c",
            "joe@server1",
            "mail.mydomain.com:443",
            "http://x y",
            "mail.mydomain.com/path",
            "\\\\server\\share",
            "[::1]:443",
            "10.0.0.5/24",
            "fe80::1%eth0",
            "https://joe:pw@mydomain.com:8443/",
            "mailto:joe@mydomain.com",
            "https://",
        )
    ],
    "space": [
        names(" a.b.com"),
        names("a.b.com\u00a0"),
        names("a\u200bb.c.com"),
        names("a.b.com d.e.com"),
        names("my host"),
        names("\u200e10.0.0.1"),
        names("a\u200cb.com"),
        names("ü\u3000.de"),
        names(" a b.com\n"),
        names("a\u200b\u00a0b.com"),
        names("a\u200b!.com"),
    ],
    "trailing-dot": [names("a.mydomain.com."), names("bücher.de\u3002"), names("intranet.")],
    "empty-label": [
        names("a..mydomain.com"),
        names(".mydomain.com"),
        names("a.mydomain.com.."),
        names("ü.\u034f\u034f.de"),
    ],
    "label-length": [names("x" * 64 + ".com"), names("ü" * 60 + ".com"), names("xn--" + "a" * 61 + ".com")],
    "name-length": [names("a." * 125 + "b.com"), names("a" * 1001)],
    "common-name-length": [names(LONG), names(LONG, "a.mydomain.com"), names(LONG, "a b", "a.mydomain.com")],
    "bad-character": [
        names("a!b.mydomain.com"),
        names("a\x1b.com"),
        names("a\nb.com"),
        names("a.com\tb.com"),
        names("a.mydomain.com\r\n"),
        names("\ta.mydomain.com"),
        names("\n10.0.0.1"),
        names("ü\x80x.de"),
        names("ü\uff01.de"),
        names("ü_a.de"),
        names("a\\b.com"),
    ],
    "underscore": [names("_dmarc.mydomain.com"), names("my_host.mydomain.com")],
    "hyphen-edge": [names("-a.mydomain.com"), names("a-.mydomain.com"), names("-ü.de")],
    "reserved-label": [names("ab--cd.mydomain.com"), names("a.xy--a.z.com")],
    "upper-case": [names("Mail.mydomain.com"), names("mail.mydomain.COM"), names("XN--BCHER-KVA.de")],
    "international": [names("bücher.example"), names("日本.jp"), names("ＭＡＩＬ.mydomain.com")],
    "international-invalid": [
        names("xn--a.com"),
        names("xn--zzzzzzz99999.com"),
        names("☃.com"),
        names("a\ud800.com"),
        names("0à.א"),
        names("a…b.com"),
        names("üa--b.com"),
    ],
    "mixed-script": [names("аpple.com"), names("pαypal.com"), names("xn--pple-43d.com")],
    "single-label": [names("intranet"), names("server1")],
    "internal-name": [
        names("a.local"),
        names("a.internal"),
        names("a.lan"),
        names("a.corp"),
        names("a.home.arpa"),
        names("home.arpa"),
        names("mydomain.con"),
        names("*.local"),
    ],
    "reserved-name": [
        names("example.com"),
        names("www.example.org"),
        names("a.example.net"),
    ],
    "public-suffix": [names("co.uk"), names("com"), names("公司.cn"), names("xn--55qx5d.cn")],
    "ip-address": [
        names("8.8.8.8"),
        names("2606:4700::1111"),
        names("[2606:4700::1111]"),
        names("10.0.0.1"),
        names("192.0.2.1"),
    ],
    "private-address": [
        names("10.0.0.1"),
        names("::1"),
        names("192.168.1.1"),
        names("fe80::1"),
        names("::ffff:10.0.0.1"),
        names("::ffff:8.8.8.8"),
        names("64:ff9b::808:808"),
        names("2002:808:808::1"),
        names("192.31.196.1"),
        names("5f00::1"),
        names("224.0.0.1"),
        names("192.0.2.1"),
    ],
    "reverse-zone": [
        names("1.0.0.10.in-addr.arpa"),
        names("8.b.d.0.1.0.0.2.ip6.arpa"),
        names("in-addr.arpa"),
    ],
    "numeric-tld": [
        names("10.0.0.300"),
        names("1.2.3"),
        names("12345"),
        names("a.0x1f"),
        names("010.0.0.1"),
        names("１.２.３.４"),
        names("-1.2.3"),
    ],
    "wildcard": [names("*.mydomain.com"), names("*.a.mydomain.com")],
    "wildcard-bare-not-covered": [
        names("*.mydomain.com"),
        names("*.bücher.de"),
        names("a.mydomain.com", "*.mydomain.com"),
    ],
    "wildcard-place": [
        names("*"),
        names("a.*.mydomain.com"),
        names("www*.mydomain.com"),
        names("*.*.mydomain.com"),
    ],
    "wildcard-public-suffix": [names("*.co.uk"), names("*.com")],
    "wildcard-redundant": [
        names("mydomain.com", "*.mydomain.com", "a.mydomain.com"),
        names("a.mydomain.com", "mydomain.com", "*.mydomain.com"),
    ],
    "onion": [
        names("foo.onion"),
        names(onion(damaged=True)),
        names("a." + onion(damaged=True)),
        names(onion(version=b"\x04")),
    ],
    "duplicate": [
        names("a.mydomain.com", "A.mydomain.com"),
        names("ü.a.de", "xn--tda.a.de"),
        names("::1", "[0::1]"),
    ],
    "many-names": [names(*(f"h{number}.mydomain.com" for number in range(101)))],
    "length": [
        fields(**{**FIRM, "organization": "x" * 65}),
        fields(**{**FIRM, "state": "ü" * 129}),
        fields(**{**FIRM, "locality": "x" * 500}),
    ],
    "control-character": [
        fields(**{**FIRM, "organization": text})
        for text in ("a\nb", "a\x1b[1m", "a\u2028b", "a\x85", "\udcff", "a\n", "M\u00c3\x8d")
    ],
    "edge-space": [
        fields(**{**FIRM, "organization": " a "}),
        fields(**{**FIRM, "locality": "London\u00a0"}),
        fields(**{**FIRM, "state": "  "}),
        fields(country=" GB"),
    ],
    "country-unknown": [
        fields(country=text)
        for text in ("UK", "en", "USA", "Germany", "Deutschland", "ZZ", "Narnia", "D", "xk", "ſ1")
    ],
    "country-case": [fields(country="de"), fields(country="Gb")],
    "country-missing": [fields(organization="Example Ltd", locality="London")],
    "place-missing": [fields(organization="Example Ltd", country="GB")],
    "organization-missing": [
        fields(organizational_unit="IT"),
        fields(state="Ohio"),
        fields(locality="London"),
    ],
    "state-abbreviated": [
        fields(organization="A", country="US", state="CA"),
        fields(organization="A", country="usa", state="ny"),
        fields(organization="A", country="AU", state="NSW"),
    ],
    "unit-retired": [fields(**FIRM, organizational_unit="IT")],
    "placeholder": [
        fields(**{**FIRM, "organization": text})
        for text in (
            ".",
            "-",
            "n/a",
            "None",
            "Internet Widgits Pty Ltd",
            "Default Company Ltd",
            "test",
            "#REF!",
        )
    ]
    + [
        fields(**FIRM, state="Some-State"),
        fields(**{**FIRM, "locality": "Default City"}),
    ],
    "invisible-character": [
        fields(**{**FIRM, name: text})
        for name in ("organization", "locality", "state")
        for text in (
            "A\u00a0B",
            "A\u200bB",
            "A\u00adB",
            "A\u202eB",
            "A\u2066B\u2069C",
            "A\ufffdB",
            "A\ufeffB",
            "A\u2060B",
            "\ufffd",
            "\ufffdA",
            "Mü\u200dB",
            "A\u200cB",
            "A\u202fB",
            "A\u2800B",
            "A\u3164B",
            "A\ufe0fB",
            "A\u034fB",
            "A\u200b\ufffdB",
            "\U000e0041\ufffd",
            "A\ue000\u200dB",
            "ä¸\u00adå›½",
        )
    ],
    "portal-character": [fields(**{**FIRM, "organization": f"A {mark} B"}) for mark in "<>~!@#$%^*/\\()?&"]
    + [fields(**{**FIRM, "locality": f"A {mark} B"}) for mark in "<>~!@#$%^*?"],
    "place-character": [
        fields(**{**FIRM, name: f"A{mark} B (C)"}) for name in ("state", "locality") for mark in ':={}[]|";\\'
    ],
    "html-entity": [
        fields(**{**FIRM, "organization": text})
        for text in ("A &amp; B", "M&uuml;ller", "A &#38; B", "A &amp;amp; B", "&nbsp;", "A&#x26;B", "a&#1;")
    ],
    "encoding-damage": [
        fields(**{**FIRM, "organization": text}) for text in ("MÃ¼ller", "SociÃ©tÃ©", "GroÃŸ", "ÎœÎ±ÎºÎ¹")
    ],
    "purpose-not-public": [
        purpose(value, "a.mydomain.com") for value in Purpose if value is not Purpose.SERVER
    ],
    "purpose-mismatch": [
        purpose("client", "10.0.0.1"),
        purpose("client", "*.mydomain.com", "10.0.0.1"),
        purpose("server-client", "Jane Doe"),
        purpose("server-client", "10.0.0.1"),
        purpose("server", "upn:spiffe://a@b.com"),
        purpose("email", "Jane Doe"),
    ],
    "key-not-public": [key("ed25519"), key("ml-dsa-44"), key("ml-dsa-65"), key("ml-dsa-87")],
    "key-slow": [key("rsa-4096")],
}

MISSES: dict[str, list[Typed]] = {
    "www-not-covered": [names("mydomain.com", "www.mydomain.com"), names("mydomain.com", "*.mydomain.com"), names("mail.mydomain.com"), names("www.com"),
                        names("firm.local"), names("co.uk"), names("github.io"), names("8.8.8.8"), names("my_domain.com"), names("x." * 124 + "com"),
                        names("foo.github.io"), names("foo.duckdns.org"), names("ec2-1.compute-1.amazonaws.com"), names("foo.azurewebsites.net")],
    "bare-not-covered": [names("www.mydomain.com", "mydomain.com"), names("www.a.mydomain.com"), names("www.local"), names("www2.mydomain.com"), names("www.mydomain.com", "MyDomain.com"),
                         names("www.foo.github.io"), names("www.github.io"), names("www.foo.duckdns.org"), names("www.co.uk")],
    "address-invalid": [names("ip:10.0.0.1"), names("ip:::1"), names("10.0.0.300"), names("10.0.0.5/24"),
                        names("10.0.0.5/32"), names("10.0.0.5/x")],
    "email-invalid": [names("email:jane@mydomain.com"), names("EMAIL:jane+x@bücher.de"), names("jane@mydomain.com"), names("email:j@[::1]")][:3],
    "uri-invalid": [names("uri:urn:uuid:f81d4fae"), names("uri:HTTPS://MyDomain.com:8443/a?b#c"), names("uri:http://[::1]/"), names("urn:a:b")],
    "upn-invalid": [names("upn:jane@corp.local"), names("upn:jürgen@corp")],
    "spiffe-invalid": [names("spiffe://mydomain.com/ns/a"), names("uri:https://a.mydomain.com/", "uri:urn:a:b"),
                       names("spiffe://Trust_domain/a.b-c", "spiffe://trust_domain/a.b-c")],
    "not-a-hostname": [names("::1"), names("[::1]"), names("http.mydomain.com"), names("a\\b.com")],
    "space": [names("a.mydomain.com"), names("क्‍ष.com"), names("")],
    "trailing-dot": [names("a.mydomain.com"), names("a.b.mydomain.com")],
    "empty-label": [names("a.b.mydomain.com"), names("a.mydomain.com.")],
    "label-length": [names("x" * 63 + ".com"), names("ü" * 30 + ".com")],
    "name-length": [names("a." * 124 + "b.com"), names("x" * 300)],
    "common-name-length": [names("x" * 51 + ".mydomain.com"), names("mail.mydomain.com", LONG), names("www.mydomain.com")],
    "bad-character": [names("a-b.mydomain.com"), names("a_b.mydomain.com"), names("ü.de"), names("*.mydomain.com")],
    "underscore": [names("a-b.mydomain.com"), names("ü_a.de")],
    "hyphen-edge": [names("a-b.mydomain.com"), names("a--b.mydomain.com")],
    "reserved-label": [names("xn--bcher-kva.de"), names("a--b.mydomain.com"), names("abc--d.mydomain.com")],
    "upper-case": [names("a.mydomain.com"), names("Bücher.de"), names("2606:4700::ABCD")],
    "international": [
        names("xn--bcher-kva.de"),
        names("a.mydomain.com"),
        names("a.mydomain.com", "upn:bücher@mydomain.com"),
    ],
    "international-invalid": [names("faß.de"), names("xn--fa-hia.de"), names("א.com"), names("*.bücher.de")],
    "mixed-script": [names("bücher.de"), names("яндекс.com"), names("日本語ラーメンabc.jp"), names("한국abc.kr"), names("１２３яндекс.com")],
    "single-label": [names("com"), names("a.local"), names("::1")],
    "internal-name": [names("a.mydomain.com"), names("local.mydomain.com"), names("test"), names("intranet"), names("a.公司.cn"),
                      names("firm.za"), names("www.firm.co.za"), names("za"), names("a.b.ck"), names("www.ck"), names("a.test"), names("a.localhost")],
    "reserved-name": [names("example.de"), names("myexample.com"), names("test"), names("test.com"), names("example.co.uk")],
    "public-suffix": [names("firm.co.uk"), names("github.io"), names("*.co.uk"), names("intranet"), names("in-addr.arpa")],
    "ip-address": [names("8.8.8.8.mydomain.com"), names("8.8.8.888")],
    "private-address": [names("8.8.8.8"), names("11.0.0.1"), names("2606:4700::1111")],
    "reverse-zone": [names("in-addr.arpa.mydomain.com"), names("e164.arpa"), names("home.arpa")],
    "numeric-tld": [names("10.0.0.30"), names("300.mydomain.com"), names("a.1com"), names("1and1.de")],
    "wildcard": [names("a.mydomain.com"), names("*.co.uk"), names("*a.mydomain.com")],
    "wildcard-bare-not-covered": [names("*.mydomain.com", "mydomain.com"), names("*.local"), names("*.co.uk")],
    "wildcard-place": [names("*.mydomain.com"), names("a.mydomain.com")],
    "wildcard-public-suffix": [names("*.firm.co.uk"), names("*.github.io"), names("*.local")],
    "wildcard-redundant": [names("mydomain.com", "*.mydomain.com"), names("*.mydomain.com", "a.b.mydomain.com"), names("*.mydomain.com", "*.a.mydomain.com")],
    "onion": [names(onion()), names("a." + onion()), names("onion.mydomain.com")],
    "duplicate": [names("a.mydomain.com", "b.mydomain.com"), names("a b", "a b")],
    "many-names": [names(*(f"h{number}.mydomain.com" for number in range(100))), names(*["a.mydomain.com"] * 150)],
    "length": [fields(**{**FIRM, "organization": "ü" * 64}), fields(**{**FIRM, "state": "x" * 128}), fields(country="GBR"), fields(**{**FIRM, "organization": "x" * 64 + "   "})],
    "control-character": [fields(**{**FIRM, "organization": "Söhne & Co"}), fields(**{**FIRM, "organization": "a\u00a0b"})],
    "edge-space": [fields(**{**FIRM, "organization": "a b"}), fields()],
    "country-unknown": [fields(country="GB"), fields(country="de"), fields()],
    "country-case": [fields(country="DE"), fields(country="uk")],
    "country-missing": [fields(**FIRM), fields(), fields(organization="."), fields(organization="A", country="Germany")],
    "place-missing": [fields(**FIRM), fields(organization="A", country="GB", state="Kent"), fields(country="GB")],
    "organization-missing": [fields(**FIRM), fields(country="GB"), fields(state="Some-State"), fields(organization=".", state="Ohio")],
    "state-abbreviated": [fields(organization="A", country="US", state="California"), fields(organization="A", country="DE", state="CA"), fields(organization="A", state="CA"), fields(organization="A", country="US", state="ON"), fields(organization="A", country="Narnia", state="CA")],
    "unit-retired": [fields(**FIRM), fields(organizational_unit="-")],
    "placeholder": [fields(**{**FIRM, "organization": "Test Labs"}), fields(country="NA"), fields(**{**FIRM, "locality": "Newbury"}), fields(**FIRM),
                    fields(organization="A", locality="Bar", country="ME"), fields(locality="None", state="Torino", country="IT"), fields(state="NA", country="Italia")],
    "invisible-character": [fields(**{**FIRM, "organization": text}) for text in ("a b", "क्‍ष", "کتاب‌خانه", "葛\U000e0100城", "株式会社\u3000日本", "\u0600a", "Société “X”", "  a\u00a0")],
    "place-character": [fields(**{**FIRM, "locality": text}) for text in ("Halle (Saale)", "Frankfurt/Main", "L'Aquila", "'s-Hertogenbosch", "St. John’s", "Stoke-on-Trent")]
                       + [fields(**{**FIRM, "organization": 'A; B: "C" = D'})],
    "portal-character": [fields(**{**FIRM, "locality": "Halle (Saale)"}), fields(**{**FIRM, "locality": "Frankfurt/Main"}), fields(**{**FIRM, "locality": "A; (B"}), fields(**{**FIRM, "organization": "A+B, Ltd. \"C\" 'D'"}), fields(**{**FIRM, "organization": "A &amp; B"}), fields(country="&")],
    "html-entity": [fields(**{**FIRM, "organization": "A & B; C"}), fields(**{**FIRM, "organization": "AT&T"})],
    "encoding-damage": [fields(**{**FIRM, "organization": text}) for text in ("Müller", "São Paulo", "Société Générale", "NESTLÉ®", "ESPAÑ™", "Ãngela", "Москва")],
    "purpose-not-public": [names("a.mydomain.com"), purpose("server", "")],
    "purpose-mismatch": [
        names("10.0.0.1"), names(""), names("a b"), purpose("client", "Jane Doe"), purpose("client", "vpn-client-7"),
        purpose("client", "10.0.0.1", "a.mydomain.com"), purpose("client", ""), purpose("server-client", "intranet"),
        purpose("email", ""), purpose("code-signing", "Example Ltd"),
    ],
    "key-not-public": [key("ec-p521"), key("rsa-2048")],
    "key-slow": [key("rsa-3072"), key("ec-p384")],
}  # fmt: skip


def cases(typed: list[Typed]) -> Iterator[tuple[Typed, CaKind]]:
    return itertools.product(typed, CaKind)


def test_every_rule_has_its_cases() -> None:
    codes = {rule.code for rule in RULES}
    assert codes == LEVELS.keys() == HITS.keys() == MISSES.keys()
    assert all(len(typed) >= 2 for typed in MISSES.values())


def test_the_table_has_the_documented_levels() -> None:
    actual: dict[str, set[tuple[Level | None, Level | None]]] = defaultdict(set)
    for rule in RULES:
        actual[rule.code].add((rule.public_level, rule.private_level))
        assert rule.source
    several = {
        "portal-character": {(W, None), (N, None)},
        "html-entity": {(E, W), (W, None)},
        "placeholder": {(E, W), (W, W)},
        "reserved-name": {(E, N), (W, N)},
        "international-invalid": {(E, E), (N, N)},
        "country-unknown": {(E, E), (N, N)},
        "ip-address": {(W, None), (None, N)},
        "not-a-hostname": {(E, E), (E, None)},
    }
    assert actual == {code: {levels} for code, levels in LEVELS.items()} | several


@table("code", HITS)
def test_a_rule_applies_to_its_cases(code: str) -> None:
    for typed, ca in cases(HITS[code]):
        level = LEVELS[code][0 if ca is CaKind.PUBLIC else 1]
        if level is not None and code == "portal-character" and "&" in typed.subject.organization:
            level = Level.NOTE
        found = [finding for finding in typed.advice(ca).findings if finding.code == code]
        assert {finding.level for finding in found} == ({level} if level else set()), (typed, ca)
        if found and code != "country-unknown":
            assert {finding.forceable for finding in found} == {code not in UNFORCEABLE}, (typed, ca)


@table("code", MISSES)
def test_a_rule_does_not_apply_to_similar_cases(code: str) -> None:
    for typed, ca in cases(MISSES[code]):
        assert code not in typed.codes(ca), (typed, ca)


@table("code", HITS)
def test_texts_are_one_plain_sentence(code: str) -> None:
    for typed, ca in cases(HITS[code]):
        for finding in typed.advice(ca).findings:
            assert len(finding.text) <= 200, finding
            assert finding.text.endswith("."), finding
            assert finding.text.isprintable(), finding
            assert finding.fix is None or finding.fix.label.isprintable(), finding


def applied(typed: Typed, finding: Finding, ca: CaKind) -> tuple[Typed, CaKind]:
    fix = finding.fix
    assert fix is not None
    if fix.names is not None:
        return replace(typed, names=fix.names, no_common_name=fix.no_common_name), ca
    if fix.value is not None:
        return replace(typed, subject=typed.subject._replace(**{finding.field.value: fix.value})), ca
    assert fix.ca is not None
    return replace(typed, purpose=fix.purpose or typed.purpose), fix.ca


@table("code", HITS)
def test_a_fix_resolves_its_finding_and_causes_no_error(code: str) -> None:
    for typed, ca in cases(HITS[code]):
        advice = typed.advice(ca)
        for finding in (found for found in advice.findings if found.fix is not None):
            after = Typed.advice(*applied(typed, finding, ca))
            key = (finding.code, finding.value, finding.text)
            same = [found for found in after.findings if (found.code, found.value, found.text) == key]
            assert len(same) < sum((f.code, f.value, f.text) == key for f in advice.findings) or (
                same[0].level is Level.NOTE and finding.fix is not None and finding.fix.ca
            ), (finding, typed, ca)
            assert len(after.errors) <= len(advice.errors), (finding, typed, ca)


@table(
    ("typed", "codes"),
    [
        (names("http://x y"), ["not-a-hostname"]),
        (names("10.0.0.300"), ["numeric-tld"]),
        (names("example.com"), ["reserved-name", "www-not-covered"]),
        (names("mail.mydomain.com"), []),
        (names(""), []),
        (names(), []),
        (names("10.0.0.1"), ["private-address", "ip-address"]),
        (names("*.co.uk"), ["wildcard-public-suffix"]),
        (names("BÜCHER.de", "www.bücher.de"), ["international", "international"]),
        (names(" https://a.mydomain.com/ "), ["not-a-hostname"]),
        (names("x" * 300), ["label-length"]),
        (names("a.mydomain.com", "*.mydomain.com", "mydomain.com", "*.mydomain.com"), ["wildcard-redundant", "wildcard", "duplicate"]),
        (fields(organization="Internet Widgits Pty Ltd", country="AU", state="Some-State"), ["placeholder", "placeholder"]),
        (fields(country="USA"), ["country-unknown"]),
    ],
)  # fmt: skip
def test_one_cause_makes_one_finding(typed: Typed, codes: list[str]) -> None:
    assert typed.codes() == codes


def test_a_counterpart_is_suggested_once_and_added_at_the_end() -> None:
    findings = names("mydomain.com", "a.mydomain.com", "mydomain.com").advice().findings
    twins = [finding for finding in findings if finding.code == "www-not-covered"]
    assert len(twins) == 1
    assert twins[0].text == (
        "Visitors to www.mydomain.com will get a certificate warning: no name here covers it."
    )
    assert twins[0].fix is not None
    assert twins[0].fix.names == ("mydomain.com", "a.mydomain.com", "mydomain.com", "www.mydomain.com")


@table(
    ("typed", "lack"),
    [
        (names("mydomain.com"), "only mydomain.com is covered"),
        (names("mydomain.com", "MyDomain.com"), "only mydomain.com is covered"),
        (names("www.mydomain.com"), "only www.mydomain.com is covered"),
        (names("mail.mydomain.com", "mydomain.com"), "no name here covers it"),
        (names("www.mydomain.com", "10.0.0.1"), "no name here covers it"),
        (names("xn--mnchen-3ya.de"), "only xn--mnchen-3ya.de is covered"),
        (names("münchen.de"), "only münchen.de is covered"),
    ],
)
def test_a_single_name_is_shown_in_the_spelling_of_its_counterpart(typed: Typed, lack: str) -> None:
    (text,) = (finding.text for finding in typed.advice().findings if "Visitors" in finding.text)
    assert text.endswith(f" will get a certificate warning: {lack}.")


@table(
    ("typed", "code"),
    [
        (names("www.mydomain.com", "*.mydomain.com"), "wildcard-bare-not-covered"),
        (names("*.mydomain.com", "www.mydomain.com"), "wildcard-bare-not-covered"),
        (names("mydomain.com", "*.www.mydomain.com"), "wildcard-bare-not-covered"),
        (names("www.mydomain.com", "*.www.mydomain.com"), "bare-not-covered"),
    ],
)
def test_a_counterpart_that_two_names_lack_is_suggested_once(typed: Typed, code: str) -> None:
    for ca in CaKind:
        assert [one for one in typed.codes(ca) if one.endswith("-not-covered")] == [code]


def redundant(*typed: str) -> Finding:
    (found,) = (one for one in names(*typed).advice().findings if one.code == "wildcard-redundant")
    return found


def test_a_common_name_can_be_replaced_by_the_wildcard_that_covers_it() -> None:
    found = redundant("www.mydomain.com", "mydomain.com", "*.MyDomain.com", "WWW.mydomain.com")
    assert found.text == "www.mydomain.com is already covered by *.mydomain.com."
    assert found.fix is not None
    assert found.fix.label == "replace it with *.mydomain.com"
    assert found.fix.names == ("*.MyDomain.com", "mydomain.com")
    assert not found.fix.safe


def test_a_wildcard_too_long_for_a_common_name_becomes_none() -> None:
    domain = f"{'x' * 55}.mydomain.com"
    assert redundant(f"a.{domain}", f"*.{domain}").fix is None


@table(
    ("typed", "expected"),
    [
        (("a.bücher.de", "*.xn--bcher-kva.de"), "a.bücher.de is already covered by *.bücher.de."),
        (
            ("a.xn--bcher-kva.de", "*.bücher.de"),
            "a.xn--bcher-kva.de is already covered by *.xn--bcher-kva.de.",
        ),
    ],
)
def test_a_name_and_its_wildcard_are_spelled_alike(typed: tuple[str, ...], expected: str) -> None:
    assert redundant(*typed).text == expected


def test_one_fix_removes_all_repetitions_of_a_name() -> None:
    findings = names("b.com", "a.mydomain.com", "A.mydomain.com", "a.mydomain.com").advice().findings
    doubles = [finding for finding in findings if finding.code == "duplicate"]
    assert [one.fix and one.fix.names for one in doubles] == [("b.com", "a.mydomain.com")] * 2


@table("dots", [".", "\u3002", "..", "..."])
def test_a_single_dot_is_not_fixed_into_an_empty_name(dots: str) -> None:
    assert [finding.fix for finding in names(dots).advice().findings] == [None, None]


@table(
    ("name", "expected"),
    [
        ("a.com..", {"trailing-dot": ("a.com",), "empty-label": None}),
        (" a..com", {"space": None, "empty-label": None}),
        ("a..com.", {"trailing-dot": None, "empty-label": None}),
        (" a.com.", {"space": None, "trailing-dot": ("a.com",)}),
        ("a.com\n", {"bad-character": ("a.com",)}),
        ("a.com\nb.com", {"bad-character": ("a.com", "b.com")}),
        ("a\nb.com", {"bad-character": None}),
    ],
)
def test_a_fix_gives_a_readable_name(name: str, expected: dict[str, tuple[str, ...] | None]) -> None:
    findings = names(name).advice().findings
    assert {finding.code: finding.fix and finding.fix.names for finding in findings} == expected


_PLACEHOLDER = "It looks like a placeholder: write the real name."
_PERSON = "For a person, choose a private CA and the purpose client."
_HYPHENS = "host names consist of letters, digits, hyphens and dots"
_STARS = "only the whole first label can be"


@table(
    ("name", "expected"),
    [
        ("a\nb.de", f"a\\x0ab.de contains a control character (U+000A) at position 2: {_HYPHENS}."),
        ("a\x1bb\n.de", f"a\\x1bb\\x0a.de contains a control character (U+001B) at position 2: {_HYPHENS}."),
        ("a!\n.de", f"a!\\x0a.de contains ! at position 2: {_HYPHENS}."),
        ("a!.de\t", f"a!.de contains ! at position 2: {_HYPHENS}."),
        ("a.de\t", f"a.de contains a control character (U+0009) at the start or end: {_HYPHENS}."),
        (
            "Jane Doe",
            f"Jane Doe contains a blank at position 5: not allowed in a host name. {_PERSON}",
        ),
        (
            "{{ host }}",
            f"{{{{ host }}}} contains a blank at position 3: not allowed in a host name. {_PLACEHOLDER}",
        ),
        ("${HOST}.acme.de", f"${{HOST}}.acme.de contains $ at position 1: {_HYPHENS}. {_PLACEHOLDER}"),
        ("<domain>", f"<domain> contains < at position 1: {_HYPHENS}. {_PLACEHOLDER}"),
        ("%HOST%", f"%HOST% contains % at position 1: {_HYPHENS}. {_PLACEHOLDER}"),
        (
            "http://{{ host }}/",
            "http://{{ host }}/ is not a bare host name: remove scheme, user, port and path. " + _PLACEHOLDER,
        ),
        (" jane", "jane contains a blank at the start or end: not allowed in a host name."),
        (" a b\n.de", "a b\\x0a.de contains a blank at position 2: not allowed in a host name."),
        ("a\xa0b.de", "a\\xa0b.de contains a no-break space (U+00A0) at position 2: not allowed in a host name."),
        ("a\u3000b.de", "a\\u3000b.de contains an ideographic space (U+3000) at position 2: not allowed in a host name."),
        ("*", "* needs a domain after it, as in *.mydomain.com."),
        ("*.*.acme.de", f"*.*.acme.de has more than one *: {_STARS} *, as in *.mydomain.com."),
        ("w*.acme.de", f"w*.acme.de has its * in the wrong place: {_STARS} *, as in *.mydomain.com."),
        ("http://", "http:// contains no host name: remove scheme, user, port and path."),
        ("foo@", "foo@ contains no host name: remove scheme, user, port and path."),
    ],
)  # fmt: skip
def test_the_problem_with_a_name_is_reported_exactly(name: str, expected: str) -> None:
    (finding,) = names(name).advice().findings
    assert finding.text == expected


SEVERITIES = ((Level.WARNING, True), (Level.ERROR, True), (Level.ERROR, False))
"""A finding that does not block, one that --force overrides, and one that cannot be overridden."""


@table(("first", "second"), list(itertools.product(SEVERITIES, repeat=2)))
def test_a_finding_suppresses_only_those_that_are_not_more_severe(
    first: tuple[Level, bool], second: tuple[Level, bool]
) -> None:
    rules: list[Rule[None]] = [
        Rule(code, level, level, code, lambda _: Hit(), "", forceable=forceable)
        for code, (level, forceable) in (("a", first), ("b", second))
    ]

    def left(**suppressions: str) -> str:
        table = {code: frozenset(others) for code, others in suppressions.items()}
        found = evaluate(rules, None, CaKind.PUBLIC, FieldName.NAMES, "", suppressions=table)
        return "".join(finding.code for finding in found)

    is_as_severe = SEVERITIES.index(first) >= SEVERITIES.index(second)
    assert left(a="b") == ("a" if is_as_severe else "ab")
    assert left(a="b", b="a") == ("a" if is_as_severe else "b")


def test_up_to_three_scripts_of_a_label_are_named() -> None:
    text = names("aбγд한.de").advice().findings[0].text
    assert text.startswith("aбγд한.de mixes letters of Latin, Cyrillic and Greek that look alike: ")


@table("name", ["co.uk", "com"])
def test_a_public_suffix_is_reported_for_both_kinds_of_ca(name: str) -> None:
    beginning = f"{name} is a public suffix; "
    texts = [names(name).advice(ca).findings[0].text.removeprefix(beginning) for ca in CaKind]
    assert texts == [
        "nobody can own it, so no public CA will issue for it.",
        "nobody can own it, so it is probably not the host you mean.",
    ]


def test_a_fix_extracts_the_host_and_keeps_the_other_names() -> None:
    fix = names("https://joe@www.mydomain.com:8443/x", "b.mydomain.com").advice().findings[0].fix
    assert fix is not None
    assert fix.names == ("www.mydomain.com", "b.mydomain.com")
    assert not fix.safe


def test_two_names_in_one_field_can_be_split() -> None:
    fix = names("a.mydomain.com b.mydomain.com").advice().findings[0].fix
    assert fix is not None
    assert fix.names == ("a.mydomain.com", "b.mydomain.com")


def test_a_country_that_x509_can_represent_is_forceable() -> None:
    assert fields(country="ZZ").advice().forceable
    assert not fields(country="Narnia").advice().forceable
    assert fields(country="GB").advice().forceable


def test_advice_shows_what_will_be_written() -> None:
    typed = Typed(
        ("Bücher.de", "www.bücher.de", "BÜCHER.de", "::0001"),
        SubjectInput(" Söhne ", "", "de", "\u00a0", "Köln"),
    )
    advice = typed.advice()
    assert advice.covered_names == ("xn--bcher-kva.de", "www.xn--bcher-kva.de", "::1")
    assert [name.display for name in advice.names] == ["bücher.de", "www.bücher.de", "::1"]
    assert advice.subject._asdict() == {
        "common_name": "xn--bcher-kva.de", "organization": "Söhne", "organizational_unit": None,
        "country": "DE", "state": None, "locality": "Köln", "attributes": (),
    }  # fmt: skip


@table(("typed", "written"), [("gb", "GB"), ("xx", "XX"), ("zz", "zz"), ("Narnia", "Narnia")])
def test_only_the_code_of_a_country_is_written_in_capitals(typed: str, written: str) -> None:
    assert fields(country=typed).advice().subject.country == written


def test_an_attribute_has_at_most_its_maximum_length() -> None:
    def codes(length: int) -> set[str]:
        attribute = read_attribute(f"title={'x' * length}")
        return {finding.code for finding in advise_on("mydomain.com", attributes=(attribute,)).findings}

    assert codes(65) - codes(64) == {"length"}


def test_must_staple_causes_a_warning_only_if_it_is_requested() -> None:
    advice = advise_on("mydomain.com", must_staple=True)
    (finding,) = set(advice.findings) - set(advise_on("mydomain.com").findings)
    assert (finding.code, finding.level) == ("must-staple", Level.WARNING)


def advise_on(name: str, **options: Any) -> Advice:
    return advise(
        (name,),
        SubjectInput(),
        ca=CaKind.PRIVATE,
        key_type=KeyType.EC_P256,
        suffixes=suffix_list(),
        **options,
    )


def test_findings_are_sorted_worst_first_and_name_their_field() -> None:
    advice = Typed(("Mydomain.com", "a b"), SubjectInput("A", "", "uk"), KeyType.RSA_4096).advice()
    assert [finding.level.rank for finding in advice.findings] == sorted(
        f.level.rank for f in advice.findings
    )
    assert {(finding.code, finding.field) for finding in advice.findings} == {
        ("space", FieldName.NAMES),
        ("country-unknown", FieldName.COUNTRY),
        ("www-not-covered", FieldName.COMMON_NAME),
        ("place-missing", FieldName.LOCALITY),
        ("upper-case", FieldName.COMMON_NAME),
        ("key-slow", FieldName.KEY),
    }


def test_a_missing_common_name_is_reported_only_on_request() -> None:
    finding = MISSING_COMMON_NAME
    assert (finding.code, finding.level, finding.forceable) == ("common-name-missing", Level.ERROR, False)


@table(
    ("typed", "expected"),
    [
        ("*.mydomain.com", "*.mydomain.com covers shop.mydomain.com but not a.shop.mydomain.com or mydomain.com."),
        ("mydomain.com", "mydomain.com covers only this host."),
        ("a b", ""),
    ],
)  # fmt: skip
def test_the_coverage_names_a_host_inside_and_one_outside(typed: str, expected: str) -> None:
    assert describe_coverage(read_name(typed)) == expected


PIECES = st.sampled_from(
    ["www", "mydomain", "com", "co", "uk", ".", ".", "*", "-", "_", "xn--", "ü", "я", "א", "日", " ", "\u200b", "\u200d",
     "/", ":", "@", "[", "]", "::1", "10.0.0.1", "%", "\\", "\n", "\x1b", "\ud800", "A", "0", "…", "&amp;", "Ã¼", "test", "US"]
)  # fmt: skip
TYPED = st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(st.characters(codec=None), max_size=30))


@given(st.lists(TYPED, max_size=4), st.builds(SubjectInput, *[TYPED] * 5), st.sampled_from(CaKind))
def test_advice_never_raises(typed: list[str], subject: SubjectInput, ca: CaKind) -> None:
    advice = Typed(tuple(typed), subject).advice(ca)
    for finding in advice.findings:
        assert len(finding.text) <= 200
        assert finding.text.isprintable()
        assert finding.text.endswith(".")
    again = Typed(tuple(name.text or "" for name in advice.names)).codes(ca)
    assert not {"upper-case", "international", "duplicate"} & set(again)


@pytest.mark.slow
@pytest.mark.parametrize("ca", CaKind)
def test_any_two_cases_can_be_combined(ca: CaKind) -> None:
    """If there are two problems, the findings are those of each problem alone."""
    firsts = [
        typed for code, hits in HITS.items() for typed in hits if len(typed.names) == 1 and code in LEVELS
    ]
    for two in firsts[::5]:
        errors = {
            (f.code, f.value) for f in names(*two.names).advice(ca).errors if f.code != "common-name-length"
        }
        for one in firsts[::3]:
            together = names(*one.names, *two.names).advice(ca)
            assert errors <= {(f.code, f.value) for f in together.errors}


def test_without_an_alternative_there_is_no_fix() -> None:
    (finding,) = names("intranet").advice(CaKind.PRIVATE).findings
    assert finding.fix is None
    (finding,) = names("intranet").advice(CaKind.PUBLIC).findings
    assert finding.fix is not None
    assert finding.fix.ca is CaKind.PRIVATE


def test_values_full_of_escapes_are_shortened_too() -> None:
    long_value = "a" + "\x1b" * 40 + "b"
    for finding in (*names(long_value).advice().findings, *fields(country=long_value).advice().findings):
        assert len(finding.text) <= 200


def test_applying_all_safe_fixes_comes_to_an_end() -> None:
    typed = Typed(
        ("MyDomain.com.", "mydomain.com ", "bücher.de", "*.bücher.de"),
        SubjectInput(" A &amp; B ", "", "uk", "", "KÃ¶ln "),
    )
    for _ in range(20):
        safe = [
            finding for finding in typed.advice().findings if finding.fix is not None and finding.fix.safe
        ]
        if not safe:
            break
        typed, _ca = applied(typed, safe[0], CaKind.PUBLIC)
    assert typed.names == ("MyDomain.com", "bücher.de", "*.bücher.de")
    assert (typed.subject.organization, typed.subject.country, typed.subject.locality) == (
        "A & B",
        "GB",
        "Köln",
    )


@table(
    ("organization", "entity"),
    [("M&REGAN Ltd", "&REG"), ("A &foobar; B", "&foobar;"), ("Bed &amp", "&amp")],
)
def test_text_that_linters_mistake_for_html_is_reported(organization: str, entity: str) -> None:
    typed = fields(**{**FIRM, "organization": organization})
    (finding,) = (finding for finding in typed.advice().findings if finding.code == "html-entity")
    assert finding.level is W
    assert f" {entity} " in finding.text
    assert "html-entity" not in typed.codes(CaKind.PRIVATE)


@table("organization", ["AT&T", "H&M", "S&P Global", "A & B; C", "R&D", "Fish &; Chips"])
def test_a_single_ampersand_is_not_html(organization: str) -> None:
    assert "html-entity" not in fields(**{**FIRM, "organization": organization}).codes()


@table("place", ["L=London", "a: b", "[London]", '"London"', "London; GB", "{London}", "a|b", "a\\b"])
@table("field_name", ["state", "locality"])
def test_structure_is_not_part_of_a_place_name(place: str, field_name: str) -> None:
    for text in (place, f"{place} (GB)", f"{place}!"):
        typed = fields(**{**FIRM, field_name: text})
        assert typed.codes() == ["place-character"]
        assert typed.codes(CaKind.PRIVATE) == ["place-character"]
        assert not typed.advice(CaKind.PRIVATE).errors


@table("organization", ["A; B", "A: B", '"A" B', "A = B"])
def test_an_organization_may_contain_what_a_place_may_not(organization: str) -> None:
    assert fields(**{**FIRM, "organization": organization}).codes() == []


@table("name", ["a.test", "a.invalid", "a.example", "a.localhost", "localhost"])
def test_a_reserved_top_level_domain_blocks_with_a_public_ca(name: str) -> None:
    (error,) = names(name).advice().findings
    assert (error.code, error.level, error.fix and error.fix.ca) == ("reserved-name", E, CaKind.PRIVATE)
    (note,) = names(name).advice(CaKind.PRIVATE).findings
    assert (note.code, note.level, note.fix) == ("reserved-name", N, None)
    assert note.text.endswith(": it is not in public DNS.")


@table("name", ["a.example.com", "a.example.net", "a.example.org"])
def test_a_reserved_domain_is_a_warning(name: str) -> None:
    assert [(one.code, one.level) for one in names(name).advice().findings] == [("reserved-name", W)]
    (note,) = names(name).advice(CaKind.PRIVATE).findings
    assert (note.code, note.level) == ("reserved-name", N)
    assert note.text.endswith(": check that it is the host you mean.")


def test_an_internal_name_says_what_its_ending_is_reserved_for() -> None:
    texts = [names(name).advice().findings[0].text for name in ("a.lan", "mydomain.con")]
    assert texts == [
        "a.lan is an internal name: .lan is for local networks, so no public CA can issue for it.",
        "mydomain.con is an internal name: .con is not a public top-level domain, so no public CA can issue for it.",
    ]


@table("country", [".", "n/a", "unknown", "--", "none"])
@table("ca", CaKind)
def test_a_place_in_the_country_field_is_one_unforceable_finding_with_a_fix(country: str, ca: CaKind) -> None:
    advice = fields(country=country).advice(ca)
    assert not advice.forceable
    assert [finding.code for finding in advice.findings] == ["country-unknown"]
    fix = advice.findings[0].fix
    assert fix is not None
    assert (fix.label, fix.value, fix.safe) == ("leave it out", "", False)


@table("ca", CaKind)
@table("name", ["*.onion", "*.foo.onion"])
def test_a_wildcard_under_onion_is_one_error(name: str, ca: CaKind) -> None:
    assert [finding.code for finding in names(name).advice(ca).errors] == ["onion"]
    assert "wildcard-public-suffix" not in names(name).codes(ca)


@table("organization", ["ÓŚWIATA", "ÖŞ", "ŽÍŘ", "ÂŃÄŻ"])
def test_consecutive_capitals_are_not_encoding_damage(organization: str) -> None:
    assert "encoding-damage" not in fields(**{**FIRM, "organization": organization}).codes()


_ANY_FIELD = st.text(max_size=140) | st.sampled_from(
    ["", ".", "n/a", "unknown", "GB", "uk", "\xa0", "&lt;", "ÓŚ"]
)


@given(
    name=st.text(max_size=70) | st.sampled_from(["a.test", "www.mydomain.com", "::1", "*.co.uk"]),
    values=st.fixed_dictionaries(dict.fromkeys([*FIRM, "state", "organizational_unit"], _ANY_FIELD)),
    ca=st.sampled_from(CaKind),
)
def test_forceable_requests_can_be_encoded(name: str, values: dict[str, str], ca: CaKind) -> None:
    advice = Typed((name,), SubjectInput(**values)).advice(ca)
    if advice.subject.common_name is not None and advice.forceable:
        made = csr.preview(advice.subject, advice.covered_names)
        assert made.subject == advice.subject
        assert made.names == advice.covered_names


def test_the_cost_per_name_does_not_depend_on_the_number_of_names() -> None:
    """A CSR of 1 MiB has 50,000 names. When each name was compared with all others, the advice took minutes."""
    many = [f"uri:spiffe://mydomain.com/{number}" for number in range(20_000)]
    before = process_time()
    advice = Typed(("mydomain.com", *many)).advice(CaKind.PRIVATE)
    assert process_time() - before < 8
    assert sum("is not the only URI" in finding.text for finding in advice.findings) == len(many)


def test_with_too_many_names_there_is_advice_without_fixes() -> None:
    """Each fix contains all names. With thirty thousand names, the fixes would fill the memory."""
    odd = ("a b.com", "https://c.com/", "d.com e.com", "*.f.com", "x.f.com", "g.com", "g.com")
    few = names(*odd, *(f"www.a{number}.com" for number in range(MAX_NAMES_WITH_FIXES - len(odd))))
    many = names(*few.names, "one-more.com")
    assert sum(bool(finding.fix) for finding in few.advice(CaKind.PUBLIC).findings) > MAX_NAMES_WITH_FIXES / 2
    found = many.advice(CaKind.PUBLIC).findings
    assert len(found) >= len(few.advice(CaKind.PUBLIC).findings)
    assert [finding.code for finding in found if finding.fix and finding.fix.names] == []


# Places with the names of placeholders


@table(
    "place",
    [
        {"locality": "Bar", "country": "ME"},
        {"locality": "bar", "country": "Montenegro"},
        {"state": "Bar", "locality": "Bar", "country": "me"},
        {"locality": "Bar", "country": "UA"},
        {"locality": "None", "state": "Torino", "country": "IT"},
        {"state": "NA", "country": "IT"},
        {"state": "NA", "locality": "Pamplona", "country": "ES"},
        {"state": "Berkshire", "locality": "Newbury", "country": "GB"},
        {"locality": "Newbury", "state": "Massachusetts", "country": "US"},
    ],
)
@table("ca", CaKind)
def test_a_real_place_is_not_a_placeholder(place: dict[str, str], ca: CaKind) -> None:
    codes = fields(organization="Example Ltd", **place).codes(ca)
    assert not {"placeholder", "state-abbreviated", "place-missing"} & set(codes)


@table(
    "place",
    [{"locality": "Bar", "country": "DE"}, {"locality": "None"}, {"state": "NA", "country": "Narnia"}],
)
@table("ca", CaKind)
def test_a_place_that_may_be_real_is_a_warning(place: dict[str, str], ca: CaKind) -> None:
    (found,) = (one for one in fields(**place).advice(ca).findings if one.code == "placeholder")
    assert (found.level, found.fix and found.fix.value, found.fix and found.fix.safe) == (W, "", False)
    assert found.text.endswith("looks like a placeholder; leave it out unless the place has that name.")


@table("text", ["{{ company }}", "${CITY}", "A <%= x %>", "%CITY%", "@CITY@", "$(city)"])
@table("ca", CaKind)
def test_a_variable_of_a_template_is_a_warning(text: str, ca: CaKind) -> None:
    (found,) = (one for one in fields(organization=text).advice(ca).findings if one.code == "placeholder")
    assert (found.level, found.forceable) == (W, True)
    assert (
        found.text
        == f"Organization {text} looks like a variable that was not replaced: write the real value."
    )


@table("opening", ["{{", "${", "<%", "{%"])
def test_openings_without_an_end_are_no_variable_and_take_no_time(opening: str) -> None:
    start = process_time()
    assert not has_template(f"a{opening * 100_000}")
    assert process_time() - start < 1


@table(
    "place",
    [
        {"state": "Some-State", "country": "AU"},
        {"locality": "Default City", "country": "XX"},
        {"state": "None", "country": "IT"},
        {"locality": "None", "country": "DE"},
        {"state": "NA", "country": "US"},
        {"locality": "NA", "country": "IT"},
        {"locality": "Unknown", "country": "ME"},
        {"organization": "Bar", "country": "ME"},
        {"organization": "Internet Widgits Pty Ltd", "country": "AU"},
        {"organizational_unit": "None", "country": "IT"},
        {"state": "Bar", "country": "ME", "locality": "-"},
    ],
)
def test_a_clear_placeholder_is_an_error_wherever_it_is(place: dict[str, str]) -> None:
    (found,) = (one for one in fields(**place).advice().findings if one.code == "placeholder")
    assert (found.level, found.forceable) == (E, True)


def test_country_xx_is_a_note_and_is_written_in_capitals() -> None:
    for ca in CaKind:
        for country in ("XX", "xx", " Xx"):
            advice = fields(**{**FIRM, "country": country}).advice(ca)
            assert not [one for one in advice.findings if one.level is not N]
            assert advice.findings[-1].code in {"country-unknown", "country-case"}
            assert advice.subject.country == "XX"
    (note,) = fields(**{**FIRM, "country": "XX"}).advice().findings
    assert (note.code, note.fix) == ("country-unknown", None)


@table("country", ["XY", "X", "XXX", "ＸＸ", "XK", "QZ"])
def test_other_unassigned_codes_are_errors(country: str) -> None:
    (error,) = fields(country=country).advice().errors
    assert error.code == "country-unknown"


@table(
    ("country", "expected", "value", "safe"),
    [
        ("uk", "uk is not a country code: use GB for United Kingdom.", "GB", True),
        ("EL", "EL is not a country code: use GR for Greece.", "GR", True),
        ("XK", "XK is not a country code: Kosovo has none, so CAs use XX.", "XX", False),
        ("Kosovo", "Kosovo is not a country code: Kosovo has none, so CAs use XX.", "XX", False),
        ("EU", "EU is not a country code: use an ISO 3166 code, e.g. DE or US.", None, None),
        ("Narnia", "Narnia is not a country code: use two letters, e.g. DE or US.", None, None),
        ("n/a", "n/a is not a country code: use two letters, e.g. DE or US.", "", False),
    ],
)
def test_a_wrong_country_is_reported_with_the_right_code(
    country: str, expected: str, value: str | None, *, safe: bool | None
) -> None:
    for ca in CaKind:
        (found,) = fields(country=country).advice(ca).errors
        assert (found.text, found.fix and found.fix.value, found.fix and found.fix.safe) == (
            expected,
            value,
            safe,
        )


# Names that only Punycode can represent


@table("name", ["xn--ls8h.la", "XN--I-7IQ.ws", "www.xn--vi8hiv.ws", "*.xn--1ug6825pwla.ws"])
@table("ca", CaKind)
def test_an_emoji_in_punycode_is_a_note(name: str, ca: CaKind) -> None:
    advice = names(name).advice(ca)
    assert not advice.errors
    assert advice.covered_names == (name.lower(),)
    assert advice.names[0].display == name.lower()
    (note,) = (one for one in advice.findings if one.code == "international-invalid")
    assert note.level is N


@table(
    ("name", "written"),
    [
        ("i❤.ws", "xn--i-7iq.ws"),
        ("I❤\ufe0f.ws", "xn--i-7iq.ws"),
        ("☃.bücher.com", "xn--n3h.bücher.com"),
        (" 💩.la", "xn--ls8h.la"),
        ("☃\u3002com", "xn--n3h.com"),
        ("a\ud800.com", None),
        ("☃!.com", None),
        ("☃.a\ufffd.com", None),
        ("0à.א", None),
        ("xn--a.com", None),
    ],
)
def test_a_typed_emoji_can_be_written_in_punycode(name: str, written: str | None) -> None:
    fixes = [one.fix for one in names(name).advice().findings if one.code == "international-invalid"]
    assert [fix and (fix.names, fix.safe) for fix in fixes] in ([written and ((written,), False)], [])
    assert fixes or written is None


# Invisible characters


@table(
    ("text", "value", "safe"),
    [
        ("Example\u00a0Ltd", "Example Ltd", True),
        ("Example \u00a0Ltd", "Example Ltd", True),
        ("Exam\u200bple Ltd", "Example Ltd", True),
        ("Exam\u00adple Ltd", "Example Ltd", True),
        ("\u202eExample\u202c\u200f Ltd", "Example Ltd", True),
        ("A\u202eB\u202cC", "ABC", True),
        ("A\u00a0\nB", "A B", True),
        ("M\ufffdller", "Mller", False),
        ("M\ufffd\u200bller", "Mller", False),
        ("ä¸\u00adå›½", "中国", True),
        ("\u3000株式\u200b会社\u3000日本", "株式会社\u3000日本", True),
    ],
)
def test_invisible_characters_are_removed_or_become_a_blank(text: str, value: str, safe: bool) -> None:
    for ca in CaKind:
        fixes = {
            one.fix
            for one in fields(**{**FIRM, "organization": text}).advice(ca).findings
            if one.fix and one.code in {"invisible-character", "control-character"}
        } - {None}
        assert {(fix.value, fix.safe) for fix in fixes} == {(value, safe)}


def test_an_invisible_character_is_named_with_its_position() -> None:
    texts = [
        fields(**{**FIRM, "organization": text}).advice(ca).findings[0].text
        for ca in CaKind
        for text in ("A\u200bB", "Ab\ufffd")
    ]
    assert texts == [
        "Organization contains a zero width space (U+200B) at position 2: invisible, but CAs compare the text with the register.",
        "Organization contains U+FFFD at position 3: a character was lost there. Type it again.",
        "Organization contains a zero width space (U+200B) at position 2: invisible, but a search for the text fails.",
        "Organization contains U+FFFD at position 3: a character was lost there. Type it again.",
    ]


@table("mark", "\u00a0\u200b\u00ad\u202e\u2066\ufeff\u2060\ufffd\u202f\u2800\u200c\u200d\u061c")
def test_names_have_their_own_rules_for_invisible_characters(mark: str) -> None:
    for name in (f"my{mark}domain.com", f"www.mydomain{mark}.com", f"{mark}mydomain.com"):
        for ca in CaKind:
            assert names(name).advice(ca).errors, ascii(name)


@table("mark", "\u3164\u034f\ufe0f\u180b")
def test_a_name_never_contains_what_idna_ignores(mark: str) -> None:
    advice = names(f"my{mark}domain.com").advice()
    assert advice.errors or (
        advice.covered_names == ("mydomain.com",) and advice.findings[-1].code == "international"
    )


@given(st.text(max_size=20), st.sampled_from("\u00a0\u200b\u00ad\u202e\ufffd\ufeff"), st.text(max_size=20))
def test_a_fix_leaves_nothing_invisible(before: str, mark: str, after: str) -> None:
    typed = fields(organization=f"{before}{mark}{after}")
    for finding in typed.advice().findings:
        if finding.code == "invisible-character" and finding.fix:
            again = Typed.codes(applied(typed, finding, CaKind.PUBLIC)[0])
            assert not {"invisible-character", "edge-space"} & set(again)


# Addresses as the common name


def test_an_address_as_the_common_name_can_be_replaced_by_a_host() -> None:
    (found,) = (
        one
        for one in names("8.8.8.8", "9.9.9.9", "mail.mydomain.com").advice().findings
        if one.value == "8.8.8.8"
    )
    assert found.level is W
    assert found.text == (
        "Let's Encrypt and others reject an IP address such as 8.8.8.8 in the common name: put a host name first."
    )
    assert found.fix is not None
    assert found.fix.names == ("mail.mydomain.com", "8.8.8.8", "9.9.9.9")
    assert not found.fix.safe
    (alone,) = names("8.8.8.8").advice().findings
    assert alone.text.endswith(": leave the common name out.")
    assert alone.fix is not None
    assert (alone.fix.names, alone.fix.no_common_name) == (("", "8.8.8.8"), True)


def test_a_single_long_name_can_leave_the_common_name_out() -> None:
    (found,) = (one for one in names(LONG).advice().findings if one.code == "common-name-length")
    assert found.fix is not None
    after = replace(names(*(found.fix.names or ())), no_common_name=True)
    assert [one.code for one in after.advice().findings] == ["no-common-name"]
    assert after.advice().subject.common_name is None
    assert after.advice().title == LONG


@table("ca", CaKind)
def test_without_a_common_name_a_note_explains_the_consequences(ca: CaKind) -> None:
    advice = replace(names("a.mydomain.com", "b.mydomain.com"), no_common_name=True).advice(ca)
    assert [(one.code, one.level) for one in advice.findings] == [("no-common-name", N)]
    assert advice.covered_names == ("a.mydomain.com", "b.mydomain.com")
    assert ("public" in advice.findings[0].text) is (ca is CaKind.PUBLIC)


@table(
    ("typed", "text", "common_name"),
    [
        ("jane@mydomain.com", "email:jane@mydomain.com", "jane@mydomain.com"),
        ("email:Jane@BÜCHER.de", "email:Jane@xn--bcher-kva.de", "Jane@xn--bcher-kva.de"),
        ("spiffe://Mydomain.com/A", "uri:spiffe://mydomain.com/A", "spiffe://mydomain.com/A"),
        ("urn:a:b", "uri:urn:a:b", "urn:a:b"),
        (
            "uri:HTTPS://Joe@MyDomain.com:80/A",
            "uri:https://Joe@mydomain.com:80/A",
            "https://Joe@mydomain.com:80/A",
        ),
        ("UPN:jane@corp.local", "upn:jane@corp.local", "jane@corp.local"),
        ("dns:intranet", "intranet", "intranet"),
        ("DNS: www.mydomain.com", "www.mydomain.com", "www.mydomain.com"),
        ("ip:[::1]", "::1", "::1"),
    ],
)
def test_a_name_of_another_kind_is_shown_with_its_prefix(typed: str, text: str, common_name: str) -> None:
    advice = names(typed).advice(CaKind.PRIVATE)
    assert advice.errors == ()
    assert advice.covered_names == (text,)
    assert advice.subject.common_name == common_name
    assert read_name(text).text == text


@table("typed", ["jane@mydomain.com", "email:jane@mydomain.com", "upn:a@b.com", "spiffe://b.com/a"])
def test_a_name_of_another_kind_is_an_error_for_a_public_ca(typed: str) -> None:
    (error,) = names(typed).advice().errors
    assert (error.code, error.forceable) == ("not-a-hostname", False)
    assert "public CAs certify only host names" in error.text
    assert error.fix is not None
    host = ("mydomain.com",) if typed == "jane@mydomain.com" else None
    assert (error.fix.names, error.fix.ca) == (host, None if host else CaKind.PRIVATE)


def test_an_address_as_another_name_becomes_an_ip_san() -> None:
    (found,) = names("mail.mydomain.com", "8.8.8.8").advice().findings
    assert (
        found.text
        == "8.8.8.8 is an address: it will be an IP SAN, not a DNS name; many CAs do not offer those."
    )
    notes = [one.text for one in names("8.8.8.8", "mail.mydomain.com").advice(CaKind.PRIVATE).findings]
    assert notes == ["8.8.8.8 is an address: it will be an IP SAN, not a DNS name."]


def test_a_long_common_name_is_replaced_by_a_host_rather_than_by_an_address() -> None:
    for others, first in (
        ((LONG, "8.8.8.8", "a.mydomain.com"), "a.mydomain.com"),
        ((LONG, "8.8.8.8"), "8.8.8.8"),
        ((LONG, "8.8.8.8", f"{'a' * 51}.mydomain.com"), f"{'a' * 51}.mydomain.com"),
        ((LONG, "8.8.8.8", f"{'a' * 52}.mydomain.com"), "8.8.8.8"),
    ):
        fix = names(*others).advice().errors[0].fix
        assert fix is not None
        assert fix.names is not None
        assert fix.names[0] == first


# Wording


_NOT_ENGLISH = re.compile(
    r"\bis no\b|\bare no\b|\bmends?\b|\bholds?\b|\bstands?\b|\btakes?\b|\bmay not\b|\bnobody visits\b|\bin place\b|\blife\b"
)


def test_advice_is_worded_as_the_style_guide_asks() -> None:
    tables: tuple[tuple[Rule[Any], ...], ...] = (RULES, QUALITY_RULES, CSR_RULES, CSR_NAME_RULES, AGE_RULES)
    texts = [text for table in tables for rule in table for text in (rule.text, rule.private_text) if text]
    texts += [
        finding.text
        for hits in HITS.values()
        for typed, ca in cases(hits)
        for finding in typed.advice(ca).findings
    ]
    texts += [*FIELD_HELP.values(), *CA_HELP.values(), *KEY_HELP.values(), MISSING_COMMON_NAME.text]
    assert len(texts) > 300
    assert [text for text in texts if _NOT_ENGLISH.search(text)] == []


@table(
    ("typed", "fix"),
    [
        (names("email:jane@mydomain.com"), PERSON_FIX),
        (names("Jane Doe"), PERSON_FIX),
        (names("upn:jane@mydomain.com"), PRIVATE_CA_FIX),
        (purpose("email", "email:jane@mydomain.com"), PRIVATE_CA_FIX),
    ],
)
def test_the_first_fix_for_a_person_is_a_private_ca_and_the_purpose_client(typed: Typed, fix: Fix) -> None:
    first = typed.advice().findings[0]
    assert first.fix == fix
    assert (_PERSON in first.text) is (fix == PERSON_FIX)
    assert fix.as_json() is None


def test_findings_on_names_for_the_same_reason_are_merged() -> None:
    hosts = [f"{number}.example.com" for number in range(30)]
    advice = names("intranet.test", *hosts, "b.test").advice()
    reserved, *others = (one for one in merge_same_reasons(advice.findings) if one.code == "reserved-name")
    assert (reserved.value, reserved.fix) == ("intranet.test", PRIVATE_CA_FIX)
    assert reserved.text.endswith(" The same applies to b.test.")
    (example,) = others
    assert example.text.startswith("0.example.com is reserved for documentation")
    assert example.text.endswith(" that it is yours. The same applies to 29 more.")
    assert len([one for one in advice.findings if one.code == "reserved-name"]) == 32, (
        "JSON has one for each name"
    )
    apart = (
        fields(organization="Internet Widgits Pty Ltd", country="AU", state="Some-State").advice().findings
    )
    assert merge_same_reasons(apart) == list(apart)
