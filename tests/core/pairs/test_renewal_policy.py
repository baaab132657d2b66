"""The two ways to renew: what follows from each, and which one stands first."""

from __future__ import annotations

import pytest
from requests_made import NOW

from csrtui.core.base.finding import CaKind, FieldName, Finding, Level
from csrtui.core.base.times import Validity
from csrtui.core.pairs.pair import Event, KeyFacts, NextStep, PairRecord, RequestFacts
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.pairs.renewal_policy import RenewalWay, choices
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.subject.fields import SubjectFields

RECORD = PairRecord(
    created=NOW,
    subject=SubjectFields(common_name="a.com"),
    subject_text="CN=a.com",
    names=("a.com",),
    ca=CaKind.PUBLIC,
    platform="nginx",
    key=KeyFacts("ec-p256", encrypted=False, spki_sha256="ab" * 32),
    request=RequestFacts("cd" * 32, "sha256"),
    history=(Event(NOW, "created", "joe"),),
)
ERROR = Finding("x", Level.ERROR, FieldName.KEY, "", "It is refused.")
WARNING = Finding("y", Level.WARNING, FieldName.KEY, "", "It is odd.")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_new_pair_comes_first_for_every_server_software(platform: str) -> None:
    first, second = choices(RECORD._replace(platform=platform), (), (WARNING,))
    assert (first.way, second.way) == (RenewalWay.NEW_PAIR, RenewalWay.OLD_CSR)
    assert first.obstacles == ()


def test_the_old_csr_comes_first_only_where_the_new_request_is_the_worse() -> None:
    assert choices(RECORD, (ERROR,), ())[0].way is RenewalWay.OLD_CSR
    assert choices(RECORD, (), (), ("An e-mail name is left out.",))[0].way is RenewalWay.OLD_CSR
    assert choices(RECORD, (WARNING,), ())[0].way is RenewalWay.NEW_PAIR


def test_the_old_csr_never_comes_first_with_something_against_it() -> None:
    assert choices(RECORD, (ERROR,), (ERROR,))[0].way is RenewalWay.NEW_PAIR
    used_up = choices(RECORD._replace(platform="iis"), (ERROR,), ())
    assert used_up[0].way is RenewalWay.NEW_PAIR
    assert any("used up" in sentence for sentence in used_up[1].obstacles)


def test_a_server_software_of_a_later_version_stands_in_nobodys_way() -> None:
    assert choices(RECORD._replace(platform="unheard-of"), (), ())[1].obstacles == ()


def test_the_consequence_names_the_key_and_since_when_it_is_there() -> None:
    old = choices(RECORD, (), ())[1]
    assert any(f"made on 2026-11-23, SPKI SHA-256 {'ab' * 32}" in sentence for sentence in old.consequences)
    adopted = RECORD._replace(history=(Event(NOW, "key adopted from /k", "joe"),))
    assert any("kept here since 2026-11-23" in one for one in choices(adopted, (), ())[1].consequences)


def test_a_pair_whose_csr_went_out_again_waits_for_its_certificate_even_when_due() -> None:
    due = RECORD._replace(validity=Validity(NOW.replace(year=2025), NOW.replace(month=12)))
    assert due.next_step(NOW) is NextStep.RENEW
    again = due.marked_reused(NOW, "joe", "again")
    assert again.next_step(NOW) is NextStep.IMPORT
    assert load_record(dump_record(again)) == again
    renewed = again.marked_issued(Validity(NOW, NOW.replace(year=2027)), NOW, "joe", "issued")
    assert renewed.reused is None


def test_a_pair_without_a_certificate_goes_on_as_it_was() -> None:
    assert RECORD.marked_reused(NOW, "joe", "again").next_step(NOW) is RECORD.next_step(NOW)
