"""A secret is never printed, formatted, pickled, put into a set or shown by `repr` by accident."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from csrtui.core.base.secret import Secret

CANARY = "correct-horse-battery"


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(CANARY)),
        str(Secret(CANARY)),
        f"{Secret(CANARY)}",
        f"{Secret(CANARY):>40}",
        f"{Secret(CANARY)!r:s}",
        "%s %r" % (Secret(CANARY), Secret(CANARY)),  # noqa: UP031 - this way too
        repr([Secret(CANARY)]),
    ],
)
def test_nothing_shows_it(shown: str) -> None:
    assert CANARY not in shown
    assert "Secret()" in shown


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash])
def test_nothing_writes_or_copies_it(write: object) -> None:
    with pytest.raises(TypeError):
        write(Secret(CANARY))  # type: ignore[operator]


def test_it_holds_no_other_attribute_and_cannot_be_listed() -> None:
    with pytest.raises(AttributeError):
        Secret(CANARY).other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        vars(Secret(CANARY))


def test_two_of_the_same_text_are_equal_and_nothing_else_is() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY


def test_it_is_given_only_by_name() -> None:
    assert Secret("Söhne").encoded == "Söhne".encode()
    assert Secret("Söhne").revealed == "Söhne"
