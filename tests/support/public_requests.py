"""Requests as people type them for a public CA. They are the same in every run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING

import iso3166

from csrtui.core.advice.advisor import Advice, advise
from csrtui.core.base.finding import CaKind
from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.core.subject.fields import SubjectInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csrtui.core.keys.key_types import PrivateKey

WORDS = (
    "mydomain", "shop-24", "a1", "1und1", "bücher", "straße", "københavn", "łódź", "çanakkale", "pokémon", "señor",
    "пример", "україна", "ελλάδα", "例え", "公司", "北京大学", "한국", "ישראל", "موقع", "भारत", "ไทย", "x" * 63, "3m",
    "xn--bcher-kva", "y2k--2000", "a-b-c", "7",
)  # fmt: skip
SUFFIXES = (
    "com", "net", "org", "de", "fr", "io", "dev", "co.uk", "org.uk", "com.au", "com.br", "co.jp", "tokyo.jp", "gov.in",
    "москва", "рф", "中国", "公司.cn", "한국", "भारत", "ไทย", "museum", "bayern", "international", "travel", "kawasaki.jp",
    "github.io", "s3.amazonaws.com", "edu", "gov", "int", "eu", "xn--p1ai", "cymru", "k12.ca.us", "blogspot.com",
)  # fmt: skip
HOSTS = (
    "www",
    "mail",
    "api",
    "vpn1",
    "a.b.c",
    "mail-2",
    "*",
    "intranet",
    "autodiscover",
    "xn--mnchen-3ya",
    "1",
    "",
)
STEMS = (
    "Müller & Söhne", 'A/B Co, Ltd. & "Söhne"', "Žluťoučký kůň", "O'Neill + Partners", "株式会社日本", "Банк Москвы",
    "Société Générale", "Ålesund Sjømat", "שלום", "شركة", "Yahoo!", "Toys “R” Us", "A.B.C.", "3M", "Łódzkie Zakłady",
    "Kraft; Foods #1", "L'Oréal", "<Angle> Media", "Back\\slash", "AT&T", "H&M", "Marks=Spencer", "R&D Center", "E.ON",
    "S&P Global", "M&REGAN", "Smith&Company", "Bed&amp", "İstanbul Tıp", "ǅaković", "ﬁne ﬁsh", "e\u0301cole", "€uro",
)  # fmt: skip
FORMS = ("GmbH", "Ltd", "S.A.", "AG & Co. KG", "Inc.", "株式会社", "ООО", "A/S", "s.r.o.", "")
PLACES = (
    "London", "Zürich", "São Paulo", "'s-Hertogenbosch", "東京", "Москва", "Saint-Étienne", "Villingen-Schwenningen",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", "Å", "Washington, D.C.", "New York", "İzmir", "",
)  # fmt: skip
STATES = (
    "Bayern",
    "California",
    "Île-de-France",
    "Baden-Württemberg",
    "東京都",
    "",
    "",
    "Nordrhein-Westfalen",
)
_KEYS = (KeyType.EC_P256, KeyType.EC_P384, KeyType.EC_P521)


@dataclass(frozen=True)
class Typed:
    """A request as typed into the form, for a public CA."""

    names: tuple[str, ...]
    subject: SubjectInput = field(default_factory=SubjectInput)
    key_type: KeyType = KeyType.EC_P256

    def advice(self) -> Advice:
        """Return the advisor's findings on it."""
        return advise(
            self.names, self.subject, ca=CaKind.PUBLIC, key_type=self.key_type, suffixes=suffix_list()
        )

    def codes(self) -> set[str]:
        """Return the codes of the findings, without notes."""
        return {finding.code for finding in self.advice().findings if finding.level != "note"}

    def build(self, key: PrivateKey) -> bytes:
        """Return the DER of the CSR."""
        advice = self.advice()
        return csr.build(advice.subject, advice.covered_names, key)


@cache
def suffix_list() -> SuffixList:
    """Return the public suffix list of the installed package."""
    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    return SuffixList.parse(text)


@cache
def every_suffix() -> tuple[str, ...]:
    """Return the rules of the list's ICANN section that are names."""
    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    lines = text.partition("===END ICANN DOMAINS===")[0].splitlines()
    return tuple(line for line in lines if line and not line.startswith(("//", "*", "!")))


def requests(count: int, seed: int = 1) -> Iterator[Typed]:
    """Yield requests: one half as people order them, the other half with random content."""
    draw = Random(seed)  # noqa: S311 - the same requests in every run is the point
    countries = [country.alpha2 for country in iso3166.countries]
    for number in range(count):
        wild = number % 2 == 1
        name = _wild_name if wild else _usual_name
        text = _wild_text if wild and draw.random() < 0.7 else _usual_text
        names = tuple(name(draw) for _ in range(draw.choice((1, 1, 2, 3, 3, 12, 99))))
        subject = SubjectInput()
        if draw.random() < 0.8:
            subject = SubjectInput(
                organization=f"{text(draw, STEMS)} {draw.choice(FORMS)}".strip(),
                organizational_unit=draw.choice(("", "", "IT")),
                country=countries[number % len(countries)],
                state=text(draw, STATES),
                locality=text(draw, PLACES),
            )
        yield Typed(names, subject, _KEYS[number % 3])


def _usual_name(draw: Random) -> str:
    suffix = draw.choice((*SUFFIXES, draw.choice(every_suffix())))
    host = draw.choice(HOSTS)
    return f"{host}{'.' if host else ''}{draw.choice(WORDS)}.{suffix}"


_WILD_NAMES = (
    "8.8.8.8", "2001:4860:4860::8888", "192.0.2.1", "10.0.0.1", "::1", "64:ff9b::808:808", "2002:808:808::1",
    "100.64.0.1", "192.88.99.1", "198.18.0.1", "2001:db8::1", "fc00::1", "ff02::1", "::ffff:8.8.8.8", "240.0.0.1",
    "3fff::1", "5f00::1", "2001::1", "2001:20::1", "192.31.196.1", "192.0.0.9", "2620:4f:8000::1", "2001:1::1",
    "example.com", "a.test", "a.invalid", "localhost", "a.local", "a.onion", "5.5.in-addr.arpa", "a.e164.arpa",
    "ip6.arpa", "*.co.uk", "*.github.io", "com", "ck", "www.ck", "a.b.ck", "*.ck", "city.kawasaki.jp", "*.kawasaki.jp",
    "a_b.com", "ab--cd.com", "xn--zzzz.com", "xn--0.com", "-a.com", "a-.com", "a..com", ".com", "a.com.", "a.b.123",
    "1.2.3.4.com", "0x1.0x2", "*", "*.*.com", "w*.a.com", "a.*.com", "*.a.com", "xn--fa-hia.de", "faß.de",
    "pаypal.com", "a.1", "a.home.arpa", "a.alt", "a.zz--top.de", "a." * 120 + "com", "a." * 126 + "de",
)  # fmt: skip


def _wild_name(draw: Random) -> str:
    kind = draw.random()
    if kind < 0.4:
        return draw.choice(_WILD_NAMES)
    label = "".join(draw.choice("abz09-_*.éßжא中ا١\u200d\u0301İ ") for _ in range(draw.randint(1, 9)))
    return f"{label}.{draw.choice(SUFFIXES)}" if kind < 0.8 else _usual_name(draw)


def _usual_text(draw: Random, choices: tuple[str, ...]) -> str:
    return draw.choice(choices)


_RANGES = (
    (0x20, 0x7E),
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x300, 0x600),
    (0x2000, 0x2070),
    (0xD7F0, 0xE010),
    (0xFE00, 0x10400),
)


def _wild_text(draw: Random, choices: tuple[str, ...]) -> str:
    base = draw.choice(choices)
    low, high = draw.choice(_RANGES)
    extra = "".join(chr(draw.randint(low, high)) for _ in range(draw.randint(0, 4)))
    return draw.choice((base + extra, extra + base, extra, f"{base}&{extra}", base * 9))
