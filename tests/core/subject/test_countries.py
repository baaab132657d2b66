"""Countries, states, and damaged text."""

from itertools import product
from string import ascii_uppercase

import iso3166
from data_files import naughty_strings
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.advice.advisor import advise
from csrtui.core.advice.field_rules import decode_entities, repair_encoding
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names import special_use
from csrtui.core.names.pasted_text import trim
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.core.subject import countries
from csrtui.core.subject.fields import SubjectInput


def test_two_letters_are_a_code_if_iso_3166_assigns_them() -> None:
    codes = {"".join(letters) for letters in product(ascii_uppercase, repeat=2)}
    assigned = {country.alpha2 for country in iso3166.countries} - {"XK"}
    assert {code for code in codes if countries.is_code(code)} == assigned | {"XX"}


@table(
    ("typed", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("Germany", "DE"), ("Deutschland", "DE"), ("DEU", "DE"), ("uk", "GB"), ("EN", "GB"),
        ("U.S.A.", "US"), ("the Netherlands", "NL"), ("Österreich", "AT"), ("osterreich", "AT"), ("中国", "CN"),
        ("Bolivia", "BO"), ("Côte d'Ivoire", "CI"), ("ivory coast", "CI"), ("the", None), ("", None), ("Narnia", None),
        ("XK", None),
    ],
)  # fmt: skip
def test_a_country_is_found_by_all_of_its_names(typed: str, code: str | None) -> None:
    assert countries.find_country(typed) == code


@table(
    ("typed", "code"),
    [
        ("Հայաստան", "AM"), ("Кыргызстан", "KG"), ("ኢትዮጵያ", "ET"), ("Vatican", "VA"), ("Città del Vaticano", "VA"),
        ("افغانستان", "AF"), ("বাংলাদেশ", "BD"), ("འབྲུག", "BT"), ("Cameroun", "CM"), ("Kıbrıs", "CY"),
        ("Føroyar", "FO"), ("Guinea Ecuatorial", "GQ"), ("ایران", "IR"), ("កម្ពុជា", "KH"), ("북한", "KP"),
        ("ລາວ", "LA"), ("ශ්‍රී ලංකාව", "LK"), ("ශ්රී ලංකාව", "LK"), ("Madagasikara", "MG"), ("မြန်မာ", "MM"),
        ("Монгол", "MN"), ("澳門", "MO"), ("ދިވެހި ރާއްޖެ", "MV"), ("Moçambique", "MZ"), ("नेपाल", "NP"), ("Nauru", "NR"),
        ("پاکستان", "PK"), ("Soomaaliya", "SO"), ("سوريا", "SY"), ("Тоҷикистон", "TJ"), ("O'zbekiston", "UZ"),
        ("Oʻzbekiston", "UZ"), ("Ўзбекистон", "UZ"), ("اليمن", "YE"), ("St. Lucia", "LC"), ("Antigua & Barbuda", "AG"),
    ],
)  # fmt: skip
def test_a_country_is_found_by_its_own_name(typed: str, code: str) -> None:
    assert countries.find_country(typed) == code


def test_no_name_belongs_to_two_countries() -> None:
    for code, others in countries._OTHER_NAMES.items():
        assert {countries.find_country(name) for name in others.split("|")} == {code}, code


def test_every_code_has_a_name_and_is_found_by_it() -> None:
    everything = countries.search("")
    assert len(everything) == 249
    for code, name in everything:
        assert countries.name_of(code) == name
        assert countries.find_country(name) == code


def test_a_search_puts_the_code_first_and_then_names_with_the_prefix() -> None:
    assert countries.search("de")[:2] == [("DE", "Germany"), ("DK", "Denmark")]
    assert ("GB", "United Kingdom") in countries.search("kingd")
    assert countries.search("deutsch") == [("DE", "Germany")]
    assert countries.search("xyz") == []


def test_states_are_spelled_out() -> None:
    assert {country: len(table) for country, table in countries.STATES.items()} == {
        "US": 56,
        "CA": 13,
        "AU": 8,
    }
    assert countries.state_name("US", "n.y.") == "New York"
    assert countries.state_name("AU", "wa") == "Western Australia"
    assert countries.state_name("DE", "BY") is None


@given(st.text(st.characters(min_codepoint=0xA1, max_codepoint=0x17F), min_size=1).filter(str.isalpha))
def test_damaged_text_is_repaired(word: str) -> None:
    damaged = f"Firma {word}".encode().decode("latin-1")
    assert repair_encoding(damaged) == f"Firma {word}"


@given(st.text())
def test_entities_are_decoded_repeatedly(text: str) -> None:
    decoded = decode_entities(text)
    assert decoded is None or decode_entities(decoded) is None


@table("text", ["Müller", "NESTLÉ®", "ESPAÑ™", "São", "ÃƒÃ", "Â", "abc", "Ãx", "à€€", "í\xa0€"])
def test_undamaged_text_stays_unchanged(text: str) -> None:
    assert repair_encoding(text) in {None, "ÃÃ"}


@table(
    ("text", "bare"),
    [(" a ", "a"), ("\u200ea\u00a0", "a"), ("", ""), ("  ", ""), ("a\u200d", "a"), ("क्‍", "क्‍")],
)
def test_blanks_of_every_kind_are_trimmed(text: str, bare: str) -> None:
    assert trim(text) == bare


def test_an_onion_address_must_have_the_right_form() -> None:
    assert not special_use.is_onion_v3("a" * 55 + ".onion")
    assert not special_use.is_onion_v3("A.b.com")


def test_naughty_strings_cause_no_error() -> None:
    suffixes = SuffixList.parse("// ===BEGIN ICANN DOMAINS===\ncom\n")
    for text in naughty_strings():
        for ca in CaKind:
            advice = advise(
                [text, f"{text}.com"],
                SubjectInput(text, text, text, text, text),
                ca=ca,
                key_type=KeyType.EC_P256,
                suffixes=suffixes,
            )
            assert all(finding.text.isprintable() for finding in advice.findings)
