"""Errors, findings and subject fields: the exit codes, and the order that other code relies on."""

from __future__ import annotations

import pytest
from tables import table

from csrtui.core.base.errors import (
    BugError,
    CsrtuiError,
    InputError,
    RefusedError,
    StoreError,
    translate_errors,
)
from csrtui.core.base.finding import FieldName, Finding, Level, worst_first
from csrtui.core.subject.fields import UPPER_BOUNDS, SubjectFields, SubjectInput


@table(
    ("kind", "status"), [(CsrtuiError, 2), (InputError, 2), (RefusedError, 1), (StoreError, 3), (BugError, 3)]
)
def test_each_kind_of_error_has_the_exit_code_of_the_contract(kind: type[CsrtuiError], status: int) -> None:
    error = kind("message", "hint")
    assert (error.exit_code, error.message, error.hint, str(error)) == (status, "message", "hint", "message")
    assert kind("message").hint is None


def test_a_message_and_its_hint_are_one_sentence() -> None:
    assert InputError("It is wrong.", "fix it").sentence == "It is wrong; fix it"
    assert InputError("It is wrong.").sentence == "It is wrong."


def test_any_exception_of_a_block_becomes_the_translated_error() -> None:
    with (
        pytest.raises(InputError, match="damaged: KeyError") as caught,
        translate_errors(lambda error: InputError(f"damaged: {type(error).__name__}")),
    ):
        raise KeyError("undocumented")
    assert isinstance(caught.value.__cause__, KeyError)


def test_nothing_is_translated_without_an_exception() -> None:
    with translate_errors(lambda _: InputError("damaged")):
        pass


@table("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_passes_through_a_translation(kind: type[BaseException]) -> None:
    with pytest.raises(kind), translate_errors(lambda _: InputError("damaged")):
        raise kind


def finding(level: Level, value: str) -> Finding:
    return Finding("code", level, FieldName.NAMES, value, "text")


def test_errors_come_first_and_within_a_level_the_order_stays() -> None:
    mixed = [finding(level, str(at)) for at in range(2) for level in reversed(Level)]
    assert [(one.level.value, one.value) for one in worst_first(mixed)] == [
        ("error", "0"), ("error", "1"), ("warning", "0"), ("warning", "1"), ("note", "0"), ("note", "1"),
    ]  # fmt: skip


@table("level", Level)
def test_only_an_error_blocks(level: Level) -> None:
    assert finding(level, "").blocks is (level is Level.ERROR)
    assert level.rank == list(Level).index(level)


def test_the_bounds_are_those_of_rfc_5280() -> None:
    assert {field.value: bound for field, bound in UPPER_BOUNDS.items()} == {
        "country": 2, "state": 128, "locality": 128, "organization": 64,
        "organizational_unit": 64, "common_name": 64,
    }  # fmt: skip


def test_fields_have_their_json_names() -> None:
    assert SubjectFields("cn", "o", "ou", "GB", "st", "l")._asdict() == {
        "common_name": "cn", "organization": "o", "organizational_unit": "ou",
        "country": "GB", "state": "st", "locality": "l", "attributes": (),
    }  # fmt: skip
    assert SubjectInput(locality="l").text(FieldName.LOCALITY) == "l"
    assert SubjectInput().text(FieldName.STATE) == ""
