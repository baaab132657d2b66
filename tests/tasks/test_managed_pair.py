"""The pair of a request is the matching one, or the one that a new pair replaces, but never an unrelated pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectInput
from csrtui.store.keystore import Keystore
from csrtui.tasks.existing_pairs import ManagedPair, find_managed_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.renew import plan_renewal, renew
from csrtui.tasks.request_spec import RequestSpec, advise_on
from csrtui.tasks.retire import retire
from csrtui.tasks.session import change_record

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

SPEC = RequestSpec(("www.a.com", "a.com"))


def find(session: Session, spec: RequestSpec = SPEC, **options: Any) -> ManagedPair:
    return find_managed_pair(session, spec, advise_on(session, spec), **options)


def names(managed: ManagedPair) -> tuple[str | None, ...]:
    pairs = (managed.match, managed.replaces, managed.former)
    return (managed.new_name, *(pair.name if pair else None for pair in pairs))


def test_a_pair_that_matches_is_found_also_if_another_name_comes_first_now(session: Session) -> None:
    assert names(find(session)) == ("www.a.com", None, None, None)
    create_pair(session, SPEC)
    assert names(find(session)) == ("www.a.com-2", "www.a.com", None, None)
    assert names(find(session, RequestSpec(("a.com", "www.a.com")))) == ("a.com", None, "www.a.com", None)
    assert names(find(session, RequestSpec(("b.com", "a.com")))) == ("b.com", None, None, None)
    assert names(find(session, RequestSpec(("",)))) == ("", None, None, None)


@pytest.mark.parametrize(
    "spec",
    [
        SPEC._replace(names=("www.a.com",)),
        SPEC._replace(names=("a.com", "www.a.com", "shop.a.com")),
        SPEC._replace(subject=SubjectInput(organization="My Ltd")),
        SPEC._replace(key_type=KeyType.EC_P384),
        SPEC._replace(platform="nginx"),
        SPEC._replace(ca=CaKind.PRIVATE, purpose=Purpose.CLIENT),
    ],
)
def test_a_changed_request_replaces_the_pair(session: Session, spec: RequestSpec) -> None:
    create_pair(session, SPEC)
    assert names(find(session, spec))[1:] == (None, "www.a.com", None)


def test_the_type_of_a_key_that_is_kept_does_not_matter(session: Session) -> None:
    create_pair(session, SPEC)
    assert names(find(session, SPEC._replace(key_type=KeyType.EC_P384), same_key=True))[1] == "www.a.com"


def test_a_successor_is_the_pair_under_any_name(session: Session) -> None:
    create_pair(session, SPEC)
    renew(session, plan_renewal(session, "www.a.com"), name="shop")
    managed = find(session)
    assert names(managed) == ("www.a.com-2", "shop", None, None)
    assert names(find(session, SPEC._replace(platform="nginx")))[2] == "shop"
    change_record(session, "www.a.com", lambda record: record._replace(renewed_by=None))
    create_pair(session, SPEC, renews="www.a.com")  # a crash before the link in the old pair
    assert names(find(session))[1] == "www.a.com-2"


def test_a_request_that_a_replaced_pair_matches_names_that_pair(session: Session) -> None:
    create_pair(session, SPEC)
    changed = SPEC._replace(key_type=KeyType.EC_P384)
    renewal = plan_renewal(session, "www.a.com", KeyType.EC_P384)
    renew(session, renewal)
    assert names(find(session, changed)) == ("www.a.com-3", "www.a.com-2", None, None)
    assert names(find(session)) == ("www.a.com-3", None, "www.a.com-2", "www.a.com")


def test_a_retired_pair_is_ignored(session: Session) -> None:
    create_pair(session, SPEC)
    retire(session, "www.a.com")
    assert names(find(session)) == ("www.a.com-2", None, None, None)


def test_of_two_pairs_the_closer_one_is_replaced_and_none_if_both_are_as_close(session: Session) -> None:
    rsa = SPEC._replace(key_type=KeyType.EC_P384)
    create_pair(session, SPEC)
    create_pair(session, rsa, name="other")
    create_pair(session, rsa)
    assert names(find(session, rsa._replace(platform="nginx")))[2] == "www.a.com-2"
    with pytest.raises(RefusedError, match=r"could be the one to replace: www\.a\.com, www\.a\.com-2"):
        find(session, SPEC._replace(key_type=KeyType.EC_P521))
    assert names(find(session, rsa, name="other")) == ("other-2", "other", None, None)
    assert names(find(session, SPEC, name="third")) == ("third", None, None, None)
    with pytest.raises(InputError, match="not a valid pair name"):
        find(session, SPEC, name="../x")


def test_an_unreadable_pair_stops_the_search_only_if_it_could_be_the_one(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = create_pair(session, SPEC)
    create_pair(session, SPEC)
    with open(f"{pair.path}/pair.json", "w", encoding="utf-8") as file:
        file.write("damaged")
    assert names(find(session))[1] == "www.a.com-2"
    retire(session, "www.a.com-2")
    with pytest.raises(StoreError, match="not JSON"):
        find(session)
    # A pair that is removed during the search does not prevent it.
    monkeypatch.setattr(Keystore, "has_pair", lambda _, name: name == "gone")
    assert names(find(session, SPEC, name="gone")) == ("gone-2", None, None, None)
