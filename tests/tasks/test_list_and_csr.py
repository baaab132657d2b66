"""Listing, finding and reading pairs, and handing out the CSR: damage is reported and does not hide other pairs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from requests_made import NOW, der_of

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.certificates import csr
from csrtui.core.pairs.pair import NextStep, Pair, Stage
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.pairs.query import Query, SortOrder
from csrtui.core.subject.fields import SubjectFields, SubjectInput
from csrtui.tasks.list import read_all_pairs, read_pair, read_pair_list
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.submit import CsrForm, csr_bytes, mark_submitted

if TYPE_CHECKING:
    from csrtui.tasks.session import Session


def made(session: Session, *names: str) -> Pair:
    return create_pair(session, RequestSpec(names, SubjectInput(organization="Straße AG"), ca=CaKind.PRIVATE))


def damage(pair: Pair, file: str, content: bytes) -> Path:
    path = Path(pair.path, file)
    path.write_bytes(content)
    return path


def test_an_empty_store_has_no_pairs_and_is_not_created(session: Session) -> None:
    assert read_all_pairs(session).pairs == ()
    assert not Path(session.store.path).exists()


def test_pairs_are_read_as_they_were_made(session: Session) -> None:
    pairs = {made(session, name).name for name in ("b.com", "a.com", "b.com")}
    all_pairs = read_all_pairs(session)
    assert {pair.name for pair in all_pairs.pairs} == pairs == {"a.com", "b.com", "b.com-2"}
    assert all_pairs.problems == ()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema": 2}'])
def test_a_damaged_pair_is_named_and_does_not_hide_the_others(session: Session, content: bytes) -> None:
    damaged, _ = made(session, "a.com"), made(session, "b.com")
    damage(damaged, "pair.json", content)
    all_pairs = read_all_pairs(session)
    assert [pair.name for pair in all_pairs.pairs] == ["b.com"]
    (problem,) = all_pairs.problems
    assert problem.name == "a.com"
    assert problem.error.message.startswith(f"{damaged.path}: pair.json ")


def test_a_pair_open_to_others_is_named_with_the_command_that_fixes_it(session: Session) -> None:
    pair = made(session, "a.com")
    Path(pair.path, "key.pem").chmod(0o640)
    (problem,) = read_all_pairs(session).problems
    assert problem.error.hint == f"chmod 600 {pair.path}/key.pem"
    with pytest.raises(StoreError, match="others can read") as caught:
        read_pair(session, "a.com")
    assert caught.value.hint == problem.error.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {"shop.a.com", "mail.b.com"}),
        ("shop", {"shop.a.com"}),
        ("SHOP p256", {"shop.a.com"}),
        ("strasse", {"shop.a.com", "mail.b.com"}),
        ("cdn.b.com", {"mail.b.com"}),
        ("new none", {"shop.a.com", "mail.b.com"}),
        ("shop mail", set()),
    ],
)
def test_every_word_of_a_filter_must_match(session: Session, text: str, found: set[str]) -> None:
    made(session, "shop.a.com")
    made(session, "mail.b.com", "cdn.b.com")
    selected = read_pair_list(session).select(Query.parse(text), SortOrder.NAME, NOW)
    assert {summary.name for summary in selected} == found


@pytest.mark.parametrize("step", NextStep)
def test_pairs_can_be_chosen_by_their_next_step(session: Session, step: NextStep) -> None:
    made(session, "a.com")
    selected = read_pair_list(session).select(Query(next_step=step), SortOrder.NAME, NOW)
    assert len(selected) == (step is NextStep.BACK_UP)


# One pair


def test_a_pair_is_read_with_its_request(session: Session) -> None:
    pair = made(session, "a.com")
    again, asked = read_pair(session, "a.com")
    assert again == pair
    assert asked.names == ("a.com",)


@pytest.mark.parametrize("name", ["b.com", "../store/pairs/a.com", "", "A.COM", ".new-1", "a.com/"])
def test_a_missing_pair_is_refused(session: Session, name: str) -> None:
    made(session, "a.com")
    for use in (read_pair, partial(csr_bytes, form=CsrForm.PEM)):
        with pytest.raises(InputError):
            use(session, name)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("pair.json", b"{}", "pair.json has a schema"),
        ("request.pem", b"", "the certificate request cannot be read"),
        ("request.pem", b"\xff" * 9, "the certificate request cannot be read"),
        ("request.pem", csr.to_pem(der_of(SubjectFields("a.com"), "evil.com")), "is not the CSR on record"),
    ],
)
def test_damage_is_a_store_error_that_names_the_folder(
    session: Session, file: str, content: bytes, said: str
) -> None:
    pair = made(session, "a.com")
    damage(pair, file, content)
    for use in (read_pair, partial(csr_bytes, form=CsrForm.PEM)):
        with pytest.raises(StoreError, match=said) as caught:
            use(session, "a.com")
        assert pair.path in caught.value.message
        assert caught.value.hint


def test_the_csr_handed_out_is_the_one_on_disk(session: Session) -> None:
    pair = made(session, "a.com")
    path = Path(pair.path, "request.pem")
    original = path.read_bytes()
    damage(pair, "request.pem", b"subject=/CN=x\x1b[2J\n" + original)
    handed_out, pem = csr_bytes(session, "a.com", CsrForm.PEM)
    assert handed_out == pair
    assert pem == original


def test_a_submission_is_recorded(session: Session) -> None:
    pair = made(session, "a.com")
    after = mark_submitted(session, pair)
    assert after.record.stage is Stage.SUBMITTED
    stored = load_record(Path(pair.path, "pair.json").read_bytes())
    assert stored == after.record
    assert [event.text for event in stored.history] == [
        "created",
        "submitted, although no backup is verified",
    ]
    assert stored.history[1].user == "joe"


def test_marking_keeps_changes_of_other_sessions(session: Session) -> None:
    pair = made(session, "a.com")
    text = Path(pair.path, "pair.json").read_text()
    damage(pair, "pair.json", text.replace('"renews": null', '"renews": "b.com"').encode())
    assert mark_submitted(session, pair).record.renews == "b.com"


def test_a_damaged_record_is_not_replaced(session: Session) -> None:
    pair = made(session, "a.com")
    path = damage(pair, "pair.json", b"{}")
    with pytest.raises(StoreError, match="schema") as caught:
        mark_submitted(session, pair)
    assert pair.path in caught.value.message
    assert path.read_bytes() == b"{}"
