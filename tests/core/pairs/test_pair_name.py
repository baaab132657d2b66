"""The names of pairs: any input becomes a name from the allow-list, or is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.pairs.pair_name import (
    MAX_LENGTH,
    check_pair_name,
    file_bases,
    is_pair_name,
    name_number,
    numbered_name,
    pair_name,
)

ALLOWED = re.compile(r"\A[a-z0-9][a-z0-9._-]{0,63}\Z")
NAMES = st.from_regex(ALLOWED)


@table(
    ("common_name", "expected"),
    [
        ("www.example.com", "www.example.com"),
        ("*.example.com", "wildcard.example.com"),
        ("WWW.Example.COM", "www.example.com"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001-db8--1"),
        ("::1", "1"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_dmarc.example.com", "dmarc.example.com"),
        ("a" * 63 + ".example.com", "a" * 63 + "."),
    ],
)
def test_a_common_name_gives_a_legible_name(common_name: str, expected: str) -> None:
    assert pair_name(common_name) == expected


@table("common_name", ["", ".", "..", "---", "::", "_", "日本", "\x1b", "\n"])
def test_a_common_name_without_valid_characters_is_refused_with_a_hint(common_name: str) -> None:
    with pytest.raises(InputError) as caught:
        pair_name(common_name)
    assert caught.value.hint == "name the pair (--as)"
    assert caught.value.message.isprintable()


@given(st.text())
def test_a_name_is_always_from_the_allow_list(text: str) -> None:
    try:
        name = pair_name(text)
    except InputError:
        name = numbered_name("refused", 1)
    assert ALLOWED.match(name)


@table(
    "text",
    [
        "../../etc/x",
        "/etc/x",
        "a/b",
        "..",
        ".",
        ".hidden",
        "-rf",
        "_x",
        "",
        "a\n",
        "\na",
        "a\x1b[2J",
        "a\0",
        "A",
        "ä",
        "٣",
        "a b",
        "a" * 65,
    ],
)
def test_a_path_or_a_control_character_is_a_refused_name(text: str) -> None:
    assert not is_pair_name(text)
    with pytest.raises(InputError) as caught:
        check_pair_name(text)
    assert caught.value.message.isprintable()
    assert "at most 64" in str(caught.value.hint)


@given(NAMES)
def test_a_valid_name_is_unchanged(name: str) -> None:
    assert is_pair_name(name)
    assert check_pair_name(name) == name


@given(NAMES, st.integers(min_value=1, max_value=10**9))
def test_numbered_names_are_valid_and_contain_their_number(base: str, number: int) -> None:
    name = numbered_name(base, number)
    assert is_pair_name(name)
    assert len(name) <= MAX_LENGTH
    assert name_number(name, base) == number


@given(NAMES, st.integers(min_value=1, max_value=10**6), st.integers(min_value=1, max_value=10**6))
def test_two_numbers_of_one_base_never_share_a_name(base: str, one: int, other: int) -> None:
    assert (numbered_name(base, one) == numbered_name(base, other)) == (one == other)


@table(
    "name",
    ["other", "a-", "a-02", "a-0", "a-1", "a-x", "a-²", "a-٣", "a-" + "9" * 11, "ab-2", "a-b-2"],
)
def test_a_name_of_another_base_has_no_number(name: str) -> None:
    assert name_number(name, "a") == 0


def test_a_long_base_is_truncated_for_its_number() -> None:
    base = "a" * MAX_LENGTH
    assert numbered_name(base, 12) == "a" * (MAX_LENGTH - 3) + "-12"
    assert name_number(numbered_name(base, 12), base) == 12


@table(
    ("names", "expected"),
    [
        (["*.a.com", "a.com"], ["wildcard.a.com", "wildcard.a.com-rsa-2048"]),
        (["***"], ["pair-2", "pair-2-rsa-2048"]),
        ([], ["pair-2", "pair-2-rsa-2048"]),
    ],
)
def test_files_are_named_after_the_first_name_and_not_after_the_pair(
    names: list[str], expected: list[str]
) -> None:
    assert file_bases(names, "pair-2", ["rsa-2048"]) == expected


def test_a_key_type_that_is_not_a_name_is_left_out_of_file_names() -> None:
    assert file_bases(["a.com"], "a.com", ["../\0x", "rsa-2048"]) == ["a.com", "a.com-rsa-2048"]
