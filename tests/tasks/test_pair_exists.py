"""The advice that a pair for a common name already exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csrtui.core.base.finding import CaKind, FieldName, Fix, Level
from csrtui.core.subject.fields import SubjectInput
from csrtui.tasks.existing_pairs import pair_exists, with_pair_exists
from csrtui.tasks.new import create_pair
from csrtui.tasks.renew import replace_pair
from csrtui.tasks.request_spec import RequestSpec, advise_on
from csrtui.tasks.retire import retire

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.base.finding import Finding
    from csrtui.tasks.session import Session


def found(session: Session, *names: str, ca: CaKind = CaKind.PUBLIC) -> Finding | None:
    return pair_exists(session, advise_on(session, RequestSpec(names, SubjectInput(), ca)))


@pytest.mark.parametrize("ca", CaKind)
def test_a_pair_in_use_is_named_with_its_stage_and_how_to_renew_it(session: Session, ca: CaKind) -> None:
    create_pair(session, RequestSpec(("www.a.com", "a.com")))
    finding = found(session, "WWW.a.com", "b.com", ca=ca)
    assert finding is not None
    assert (finding.code, finding.level, finding.field) == (
        "pair-exists",
        Level.WARNING,
        FieldName.COMMON_NAME,
    )
    assert finding.text.startswith("The pair www.a.com for www.a.com exists (stage: new).")
    assert finding.fix is not None
    assert (finding.fix.renews, finding.fix.safe) == ("www.a.com", False)
    advice = advise_on(session, RequestSpec(("www.a.com",)))
    assert finding.code in {one.code for one in with_pair_exists(session, advice).findings}


def test_a_pair_with_another_common_name_does_not_count(session: Session) -> None:
    create_pair(session, RequestSpec(("www.a.com", "a.com")))
    assert found(session, "a.com", "www.a.com") is None
    assert found(session, "") is None
    advice = advise_on(session, RequestSpec(("a.com",)))
    assert with_pair_exists(session, advice) is advice


def test_a_pair_that_only_covers_the_name_does_not_count(session: Session) -> None:
    create_pair(session, RequestSpec(("b.com",)), name="www.a.com")
    assert found(session, "www.a.com") is None


def test_a_pair_counts_again_if_the_pair_that_renews_it_is_retired(session: Session) -> None:
    spec = RequestSpec(("www.a.com",))
    create_pair(session, spec)
    replace_pair(session, "www.a.com", spec)
    retire(session, "www.a.com-2")
    finding = found(session, "www.a.com")
    assert finding is not None
    assert finding.fix == Fix("renew www.a.com instead", renews="www.a.com")


def test_pairs_that_are_not_in_use_are_ignored(session: Session) -> None:
    create_pair(session, RequestSpec(("a.com",)))
    retire(session, "a.com")
    assert found(session, "a.com") is None
    create_pair(session, RequestSpec(("a.com",)))
    finding = found(session, "a.com")
    assert finding is not None
    assert finding.fix is not None
    assert finding.fix.renews == "a.com-2"
    replace_pair(session, "a.com-2", RequestSpec(("a.com",)))
    finding = found(session, "a.com")
    assert finding is not None
    assert finding.fix == Fix("renew a.com-3 instead", renews="a.com-3")


def test_a_store_or_pair_that_cannot_be_read_gives_no_advice(session: Session, tmp_path: Path) -> None:
    pair = create_pair(session, RequestSpec(("a.com",)))
    tmp_path.joinpath(pair.path, "pair.json").write_bytes(b"{")
    assert found(session, "a.com") is None
    tmp_path.joinpath(session.store.path).chmod(0o755)
    assert found(session, "a.com") is None


@given(name=st.text(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_that_is_typed_breaks_the_advice(session: Session, name: str) -> None:
    assert found(session, name) is None
