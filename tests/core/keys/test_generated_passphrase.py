"""Generated passphrases, and the rating of a passphrase while the user types it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.secret import Secret
from csrtui.core.keys.passphrase_quality import ENTROPY_BYTES, GENERATED_WORDS, generate, strength, weaknesses

WORDS = ["w" + f"{number:04}".translate(str.maketrans("0123456789", "abcdefghij")) for number in range(2048)]


def test_seven_words_of_eleven_bits_each_are_generated() -> None:
    number = sum(value << 11 * at for at, value in enumerate((0, 1, 2047, 5, 1024, 77, 1999)))
    passphrase = generate(WORDS, number.to_bytes(ENTROPY_BYTES, "big"))
    assert passphrase == Secret("waaaa waaab wcaeh waaaf wbace waahh wbjjj")


@given(st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
def test_a_generated_passphrase_has_no_weakness(entropy: bytes) -> None:
    passphrase = generate(WORDS, entropy)
    assume(len(set(passphrase.revealed.split())) > 1)  # the same word seven times would repeat: once in 2^66
    assert len(passphrase.revealed.split()) == GENERATED_WORDS
    assert weaknesses(passphrase) == []
    assert strength(passphrase) == "Long enough: 7 words."


@table(("words", "size"), [(WORDS, 9), (WORDS, 11), (WORDS[:-1], 10), (["same"] * 2048, 10)])
def test_too_few_words_or_bits_are_refused(words: list[str], size: int) -> None:
    with pytest.raises(ValueError, match="2,048 words"):
        generate(words, bytes(size))


@table(
    ("text", "message"),
    [
        ("", ""),
        ("hunter2", "The passphrase is short"),
        ("x4k9w2pq7vzb", "Long enough: 12 characters."),
        ("a b c d", "The passphrase is short"),
        ("lion bear wolf lynx", "Long enough: 4 words."),
        ("größer als kurz", "outside printable ASCII"),
    ],
)
def test_the_rating_does_not_quote_the_passphrase(text: str, message: str) -> None:
    rating = strength(Secret(text))
    assert message in rating
    assert bool(rating) is bool(text)
    assert text not in rating or not text
