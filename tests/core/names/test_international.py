"""A-labels: never a wrong one, measured on Unicode's own cases; and scripts that do not belong together."""

import re

import pytest
from data_files import IDNA_CASES

from csrtui.core.names import international
from csrtui.core.names import name as names
from csrtui.core.names.international import Label, Refusal, Refused


def unescaped(text: str) -> str:
    escapes = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x\{([0-9A-Fa-f]+)\}")
    chars = escapes.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    return chars.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def cases() -> list[tuple[str, str, bool]]:
    found = []
    for line in IDNA_CASES.read_text(encoding="utf-8").splitlines():
        columns = [column.strip() for column in line.partition("#")[0].split(";")]
        if len(columns) < 5:
            continue
        source, to_unicode, unicode_status, to_ascii, ascii_status = columns[:5]
        status = ascii_status or unicode_status
        expected = to_ascii or to_unicode or source
        found.append((unescaped(source), unescaped(expected), status in {"", "[]"}))
    return found


NEWER = {"\u04c0", "\u115f", "\u2132", "\u2183", *map(chr, range(0x10A0, 0x10D0))}
"""Characters that UTS 46 refused in version 15.0 and maps since, with no doubt about the result."""


def test_no_wrong_a_label_among_unicodes_cases() -> None:
    written = 0
    for source, expected, valid in cases():
        name = names.read_name(source)
        if name.text is None or name.kind is names.NameKind.IP:
            continue
        written += 1
        reserved = any(label[2:4] == "--" and label[:2] != "xn" for label in name.text.split("."))
        if valid or reserved:  # the advisor has a rule of its own for reserved labels
            assert name.text == expected.lower(), ascii(source)
        elif any(map(international.is_only_punycode, name.text.split("."))):  # a note says so
            assert name.text == source.lower().translate({ord(dot): "." for dot in names.DOTS})
        else:
            assert NEWER & set(source), ascii(source)
    assert written > 300


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("bücher", Label("xn--bcher-kva", "bücher")),
        ("xn--bcher-kva", Label("xn--bcher-kva", "bücher")),
        ("plain", Label("plain", "plain")),
        ("\u00ad", Refused(Refusal.EMPTY)),
        ("a…b", Refused(Refusal.INVALID)),
        ("ü" * 64, Refused(Refusal.TOO_LONG)),
        ("\uff01ü", Refused(Refusal.CHARACTER, "\uff01")),
        ("☃", Refused(Refusal.INVALID, "☃")),
        ("xn--abc", Refused(Refusal.INVALID)),
        ("a\uff0eb", Refused(Refusal.INVALID)),
    ],
)
def test_one_label(typed: str, read: Label | Refused) -> None:
    got = international.read_label(typed)
    if isinstance(read, Refused) and read.refusal is Refusal.INVALID and read.character is None:
        assert isinstance(got, Refused)
        assert got.refusal is Refusal.INVALID
    else:
        assert got == read


def test_an_invalid_a_label_stays_as_it_is_for_people() -> None:
    assert international.to_unicode("xn--zzzzzzz99999") == "xn--zzzzzzz99999"
    assert international.to_unicode("xn--bcher-kva") == "bücher"
    assert international.to_unicode("plain") == "plain"


def test_right_to_left_binds_every_label() -> None:
    assert not international.breaks_bidi_rule(["a", "com"])
    assert not international.breaks_bidi_rule(["ü", "com"])
    assert not international.breaks_bidi_rule(["א", "com"])
    assert international.breaks_bidi_rule(["0à", "א"])


@pytest.mark.parametrize(
    ("label", "mixed"),
    [
        ("apple", ()),
        ("bücher", ()),
        ("123", ()),
        ("яндекс-123", ()),
        ("аpple", ("CYRILLIC", "LATIN")),
        ("日本語ラーメンabc", ()),
        ("中文ㄅabc", ()),
        ("한국漢abc", ()),
        ("한국ラーメン", ("HANGUL", "KATAKANA")),
        ("ʰa", ()),
    ],
)
def test_scripts_that_belong_together(label: str, mixed: tuple[str, ...]) -> None:
    assert international.mixed_scripts(label) == mixed
