"""Reading a passphrase from bytes, and what is said against a weak one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csrtui.core.passphrase import read_passphrase, weaknesses
from csrtui.core.secret import Secret


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\nmore", "secret"),
        (b" with blanks \n", " with blanks "),
        ("Söhne\n".encode(), "Söhne"),
        (b"a\rb\n", "a\rb"),
        (b"a\r\r\n", "a\r"),
    ],
)
def test_the_first_line_is_the_passphrase(data: bytes, text: str) -> None:
    assert read_passphrase(data).revealed == text


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n", b"\nsecond"])
def test_an_empty_first_line_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="it is empty"):
        read_passphrase(data)


def test_another_encoding_is_none_and_is_not_quoted() -> None:
    with pytest.raises(ValueError, match="it is not UTF-8") as caught:
        read_passphrase(b"canary\xff")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 11, 1),
        ("x" * 12, 0),
        ("a b c", 1),
        ("a b c d", 0),
        ("Söhne", 2),
        ("Söhne & Töchter", 1),
        ("tab\tin a long one", 1),
        ("~" * 12, 0),
    ],
)
def test_what_is_said_against_it(text: str, count: int) -> None:
    assert len(weaknesses(Secret(text))) == count


@given(st.text("πρστυφχψω", min_size=3, max_size=30))
def test_no_sentence_quotes_it(text: str) -> None:
    assert not any(text in sentence for sentence in weaknesses(Secret(text)))
