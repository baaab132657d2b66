"""A-labels are always correct according to Unicode's own test cases, and mixed scripts are found."""

import re

import idna
import pytest
from data_files import IDNA_CASES
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.names.host_name import (
    DOTS,
    Flaw,
    FlawKind,
    Label,
    breaks_bidi_rule,
    is_only_punycode,
    mixed_scripts,
    read_international_label,
    to_unicode,
)
from csrtui.core.names.name import NameKind, read_name


def unescaped(text: str) -> str:
    escapes = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x\{([0-9A-Fa-f]+)\}")
    chars = escapes.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    return chars.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def cases() -> list[tuple[str, str, bool]]:
    rows = []
    for line in IDNA_CASES.read_text(encoding="utf-8").splitlines():
        columns = [column.strip() for column in line.partition("#")[0].split(";")]
        if len(columns) < 5:
            continue
        source, u_label, unicode_status, a_label, ascii_status = columns[:5]
        status = ascii_status or unicode_status
        expected = a_label or u_label or source
        rows.append((unescaped(source), unescaped(expected), status in {"", "[]"}))
    return rows


NEWER = {"\u04c0", "\u115f", "\u2132", "\u2183", *map(chr, range(0x10A0, 0x10D0))}
"""Characters that UTS 46 refused in version 15.0 and has mapped since, with a clear result."""


def test_all_of_unicodes_cases_give_the_right_a_label() -> None:
    written = 0
    for source, expected, valid in cases():
        name = read_name(source)
        if name.text is None or name.kind is NameKind.IP:
            continue
        written += 1
        reserved = any(label[2:4] == "--" and label[:2] != "xn" for label in name.text.split("."))
        if valid or reserved:  # the advisor has a separate rule for reserved labels
            assert name.text == expected.lower(), ascii(source)
        elif any(map(is_only_punycode, name.text.split("."))):  # a note reports it
            assert name.text == source.lower().translate({ord(dot): "." for dot in DOTS})
        else:
            assert NEWER & set(source), ascii(source)
    assert written > 300


@table(
    ("typed", "result"),
    [
        ("bücher", Label("xn--bcher-kva", "bücher")),
        ("xn--bcher-kva", Label("xn--bcher-kva", "bücher")),
        ("plain", Label("plain", "plain")),
        ("\u00ad", Flaw(FlawKind.EMPTY_LABEL)),
        ("a…b", Flaw(FlawKind.INTERNATIONAL_INVALID, "a…b")),
        ("ü" * 64, Flaw(FlawKind.LABEL_LENGTH, "ü" * 64)),
        ("\uff01ü", Flaw(FlawKind.BAD_CHARACTER, "\uff01")),
        ("☃", Flaw(FlawKind.INTERNATIONAL_INVALID, "☃")),
        ("xn--abc", Flaw(FlawKind.INTERNATIONAL_INVALID, "xn--abc")),
        ("a\uff0eb", Flaw(FlawKind.INTERNATIONAL_INVALID, "a\uff0eb")),
    ],
)
def test_a_label_has_its_a_label_and_its_u_label(typed: str, result: Label | Flaw) -> None:
    assert read_international_label(typed) == result


def test_an_invalid_a_label_is_displayed_unchanged() -> None:
    assert to_unicode("xn--zzzzzzz99999") == "xn--zzzzzzz99999"
    assert to_unicode("xn--bcher-kva") == "bücher"
    assert to_unicode("plain") == "plain"


def test_the_bidi_rule_applies_to_every_label() -> None:
    assert not breaks_bidi_rule(["a", "com"])
    assert not breaks_bidi_rule(["ü", "com"])
    assert not breaks_bidi_rule(["א", "com"])
    assert breaks_bidi_rule(["0à", "א"])


@table(
    ("label", "mixed"),
    [
        ("apple", ()),
        ("bücher", ()),
        ("123", ()),
        ("яндекс-123", ()),
        ("аpple", ("CYRILLIC", "LATIN")),
        ("examplе", ("LATIN", "CYRILLIC")),
        ("日本ラーメンあㄅ한", ("CJK", "KATAKANA", "HIRAGANA", "BOPOMOFO", "HANGUL")),
        ("日本語ラーメンabc", ()),
        ("中文ㄅabc", ()),
        ("한국漢abc", ()),
        ("한국ラーメン", ("HANGUL", "KATAKANA")),
        ("ʰa", ()),
    ],
)
def test_scripts_that_are_used_together_are_not_reported(label: str, mixed: tuple[str, ...]) -> None:
    assert mixed_scripts(label) == mixed


# Labels that are valid Punycode and not valid IDNA 2008, such as those of emoji


@table("label", ["xn--ls8h", "xn--i-7iq", "xn--1ug6825pwla", "xn--0ca24w", "xn--a-ecp"])
def test_punycode_that_idna_does_not_permit_is_written_as_typed(label: str) -> None:
    assert is_only_punycode(label)
    for typed in (label, label.upper()):
        assert read_international_label(typed) == Label(label, label)
    assert to_unicode(label) == label


@table(
    ("label", "why"),
    [
        ("xn--bcher-kva", "it is an A-label"),
        ("bücher", "it is a U-label"),
        ("plain", "it is ASCII"),
        ("xn--plain-", "it encodes ASCII only"),
        ("xn--", "it encodes nothing"),
        ("xn--99999999999", "it does not decode"),
        ("xn--zzzz", "it does not decode"),
        ("xn--e-xbb", "it is not in normalization form C"),
        ("xn--a", "it encodes a control"),
        ("xn--ab-g1t", "it encodes a zero width space"),
        ("xn--" + "a" * 60, "it is too long"),
    ],
)
def test_other_labels_are_not_only_punycode(label: str, why: str) -> None:
    assert not is_only_punycode(label), why


@given(st.text(st.characters(codec=None, exclude_characters="."), min_size=1, max_size=12))
def test_a_label_is_classified_as_punycode_only_once(text: str) -> None:
    label = "xn--" + text.encode("punycode").decode("ascii")
    read = read_international_label(label)
    if is_only_punycode(label.lower()):
        assert read == Label(label.lower(), label.lower())
        with pytest.raises(ValueError):  # noqa: PT011 - IDNAError, or what its Unicode tables raise
            idna.ulabel(label)


def test_a_name_has_at_most_253_characters() -> None:
    start = ".".join(["a" * 63] * 3)
    assert not read_name(f"{start}.{'a' * 57}.com").flaws
    assert [flaw.kind for flaw in read_name(f"{start}.{'a' * 58}.com").flaws] == [FlawKind.NAME_LENGTH]
