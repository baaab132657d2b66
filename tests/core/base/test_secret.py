"""A secret is never printed, formatted, pickled, put into a set or shown by `repr` by accident."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from tables import table

from csrtui.core.base.secret import Secret

CANARY = "correct-horse-battery"


@table(
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
def test_no_text_form_shows_a_secret(shown: str) -> None:
    assert CANARY not in shown
    assert "Secret()" in shown


@table("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash])
def test_a_secret_cannot_be_pickled_or_copied(write: object) -> None:
    with pytest.raises(TypeError):
        write(Secret(CANARY))  # type: ignore[operator]


def test_a_secret_has_no_other_attribute_and_no_listing() -> None:
    with pytest.raises(AttributeError):
        Secret(CANARY).other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        vars(Secret(CANARY))


def test_secrets_are_equal_only_to_secrets_with_the_same_text() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY


def test_a_secret_is_revealed_only_by_name() -> None:
    assert Secret("Söhne").encoded == "Söhne".encode()
    assert Secret("Söhne").revealed == "Söhne"
