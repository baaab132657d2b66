"""Escaped text from outside cannot control a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.escaping import enumeration, names_file, visible


@table(
    ("text", "shown"),
    [
        ("", ""),
        ("www.a.com, Söhne & 日本", "www.a.com, Söhne & 日本"),
        ("\x1b[31m\r\n\t\0\x7f", "\\x1b[31m\\x0d\\x0a\\x09\\x00\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe\u2066\u200b\ufeff", "\\u202egnp.exe\\u2066\\u200b\\ufeff"),
        ("a\u00a0b\u2028c", "a\\xa0b\\u2028c"),
        ("\udcff\ud800", "\\udcff\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\ufe0fb\u3164c\U000e0100d\u2800", "a\\ufe0fb\\u3164c\\U000e0100d\\u2800"),
    ],
)
def test_each_unprintable_character_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_the_result_is_printable_encodable_and_stable(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert visible(shown) == shown


@table(("words", "phrase"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c", "d"], "a, b, c and d")])
def test_words_become_a_phrase(words: list[str], phrase: str) -> None:
    assert enumeration(words) == phrase


@pytest.mark.slow
def test_every_unicode_character_is_handled() -> None:
    harmful = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in harmful:
            assert visible(character).startswith("\\"), hex(code)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("f is a folder, not a file", True),
        ("/x/f is a folder, not a file", True),
        ("cannot read f: Permission denied", True),
        ("it is empty", False),
        ("the file f is damaged", False),
        ("failure", False),
    ],
)
def test_an_error_that_names_its_file_is_recognized(text: str, *, names: bool) -> None:
    assert names_file(text, "f", "/x/f", "") is names
