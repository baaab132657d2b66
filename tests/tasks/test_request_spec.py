"""The advice on a request, its preview, and the missing www or bare counterparts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from csrtui.core.advice.rule_arguments import MAX_NAMES_WITH_FIXES
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, FieldName, Fix
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectInput
from csrtui.tasks.request_spec import (
    RequestSpec,
    advise_on,
    preview,
    require_common_name,
    with_counterparts,
    with_fix,
)

if TYPE_CHECKING:
    from csrtui.tasks.session import Session


def codes(session: Session, *names: str) -> list[str]:
    return [finding.code for finding in require_common_name(advise_on(session, RequestSpec(names))).findings]


def test_the_preview_is_the_data_to_be_signed(session: Session) -> None:
    shown = preview(
        advise_on(session, RequestSpec(("a.com",), SubjectInput("A & B", country="gb", locality="X")))
    )
    assert shown is not None
    assert shown.subject_text == "CN=a.com,O=A & B,L=X,C=GB"
    assert shown.names == ("a.com",)


@pytest.mark.parametrize("names", [(), ("",), ("a..b",), ("a.com", "a..b")])
def test_a_request_that_cannot_be_encoded_has_no_preview(session: Session, names: tuple[str, ...]) -> None:
    assert preview(advise_on(session, RequestSpec(names))) is None


def test_a_request_for_a_private_ca_has_a_preview(session: Session) -> None:
    advice = advise_on(session, RequestSpec(("intranet",)))
    assert advice.errors
    assert preview(advice) is not None


@pytest.mark.parametrize("names", [(), ("",), ("", "intranet"), (" ", "a.com")])
def test_an_empty_common_name_blocks_when_the_request_is_to_be_made(
    session: Session, names: tuple[str, ...]
) -> None:
    assert "common-name-missing" not in [one.code for one in advise_on(session, RequestSpec(names)).findings]
    assert codes(session, *names)[0] == "common-name-missing"


@pytest.mark.parametrize("names", [("a.com",), ("a..b",), ("a..b", "intranet")])
def test_a_common_name_with_a_fault_is_not_called_missing(session: Session, names: tuple[str, ...]) -> None:
    assert "common-name-missing" not in codes(session, *names)
    advice = require_common_name(advise_on(session, RequestSpec(names, no_common_name=True)))
    assert "common-name-missing" not in [finding.code for finding in advice.findings]


def test_a_request_without_any_name_asks_for_a_name(session: Session) -> None:
    advice = require_common_name(advise_on(session, RequestSpec(("",), no_common_name=True)))
    assert advice.findings[0].text == "Enter a name, e.g. www.example.com."


@pytest.mark.parametrize(
    ("names", "covered"),
    [
        (("a.com",), ("a.com", "www.a.com")),
        (("www.a.com",), ("www.a.com", "a.com")),
        (("*.a.com",), ("*.a.com", "a.com")),
        (("www.a.com", "b.com"), ("www.a.com", "a.com", "b.com", "www.b.com")),
        (("shop.a.com",), ("shop.a.com",)),
        (("a.com", "www.a.com"), ("a.com", "www.a.com")),
        ((), ()),
    ],
)
@pytest.mark.parametrize("ca", CaKind)
def test_missing_counterparts_are_added(
    session: Session, names: tuple[str, ...], covered: tuple[str, ...], ca: CaKind
) -> None:
    added = with_counterparts(session, RequestSpec(names, ca=ca)).names
    assert set(added) == set(covered)
    assert added[:1] == covered[:1]
    assert len(added) == len(covered)


def test_many_counterparts_are_added_at_once_and_too_many_are_refused(session: Session) -> None:
    names = tuple(f"a{number}.com" for number in range(MAX_NAMES_WITH_FIXES // 2))
    assert len(with_counterparts(session, RequestSpec(names)).names) == MAX_NAMES_WITH_FIXES
    with pytest.raises(InputError, match="more than 1000 names"):
        with_counterparts(
            session, RequestSpec((*names, *(f"b{number}.com" for number in range(MAX_NAMES_WITH_FIXES))))
        )


def test_a_fix_changes_names_ca_key_or_a_field() -> None:
    spec = RequestSpec(("a.com",))
    assert with_fix(spec, FieldName.NAMES, Fix("x", names=("a.com", "www.a.com"))).names[1:] == ("www.a.com",)
    unnamed = with_fix(spec, FieldName.COMMON_NAME, Fix("x", names=("", "a.com"), no_common_name=True))
    assert unnamed.no_common_name
    assert with_fix(spec, FieldName.CA, Fix("x", ca=CaKind.PRIVATE)).ca is CaKind.PRIVATE
    assert with_fix(spec, FieldName.KEY, Fix("x", value="rsa-3072")).key_type is KeyType.RSA_3072
    assert with_fix(spec, FieldName.COUNTRY, Fix("x", value="GB")).subject.country == "GB"
