"""Saving the half-filled form, and the request that it describes."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from csrtui.core.base.errors import StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.store.keystore import Keystore
from csrtui.store.saved_state import MAX_DRAFTS
from csrtui.tasks.draft import Draft, SessionDraft, dump_draft, newest_draft, request_spec_of
from csrtui.tasks.session import Session

ROOT = Path(__file__).parents[2]
DRAFT = Draft(
    common_name="www.example.com",
    names="example.com, shop.example.com",
    organization="Söhne & Co",
    organizational_unit="IT",
    country="DE",
    state="Hessen",
    locality="Köln",
    ca="private",
    platform="nginx",
    key="rsa-4096",
)


def own_draft(folder: Path) -> SessionDraft:
    """Return the draft of a new session on the store in a folder."""
    return SessionDraft(Session(Keystore(str(folder / "store"))))


def named(name: str) -> Draft:
    return Draft(common_name=name, organization="Example Ltd")


def leave(folder: Path, *names: str) -> None:
    """Leave a form for each name. The last one is the newest."""
    sessions = [own_draft(folder) for _ in names]
    for age, (own, name) in enumerate(zip(sessions, names, strict=True)):
        own.save(named(name))
        path = folder / "store" / (".draft.json" if age == 0 else f".draft-{age + 1}.json")
        os.utime(path, ns=(age, age))
    for own in sessions:
        own.close()


def files_of_drafts(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "store").glob(".draft*"))


def test_a_saved_form_is_restored_by_the_next_session(tmp_path: Path) -> None:
    own = own_draft(tmp_path)
    own.save(DRAFT)
    own.close()
    assert newest_draft(Session(Keystore(str(tmp_path / "store")))) == DRAFT
    [file] = [path for path in (tmp_path / "store").iterdir() if path.is_file()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_saved_form_the_form_is_empty(tmp_path: Path) -> None:
    assert newest_draft(Session(Keystore(str(tmp_path / "store")))) == Draft()
    assert not (tmp_path / "store").exists()


def test_a_damaged_draft_is_an_empty_form(tmp_path: Path) -> None:
    session = Session(Keystore(str(tmp_path / "store")))
    session.store.save_draft(b"{")
    assert newest_draft(session) == Draft()


@pytest.mark.parametrize("mode", [0o644, 0o666])
def test_a_draft_that_others_can_read_is_ignored(tmp_path: Path, mode: int) -> None:
    session = Session(Keystore(str(tmp_path / "store")))
    session.store.save_draft(dump_draft(DRAFT))
    (tmp_path / "store" / ".draft.json").chmod(mode)
    assert newest_draft(session) == Draft()


def test_a_store_that_cannot_be_written_to_is_reported(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    session = Session(Keystore(str(tmp_path / "store")))
    with pytest.raises(StoreError):
        SessionDraft(session).save(DRAFT)
    assert newest_draft(session) == Draft()
    assert SessionDraft(session).restore() == Draft()


def test_every_field_is_in_the_request() -> None:
    asked = request_spec_of(DRAFT)
    assert asked.names == ("www.example.com", "example.com", "shop.example.com")
    assert asked.subject.organization == "Söhne & Co"
    assert asked.subject.organizational_unit == "IT"
    assert asked.subject.country == "DE"
    assert asked.subject.state == "Hessen"
    assert asked.subject.locality == "Köln"
    assert asked.ca is CaKind.PRIVATE
    assert asked.platform == "nginx"
    assert asked.effective_key_type is KeyType.RSA_4096


def test_an_empty_common_name_keeps_its_place() -> None:
    assert request_spec_of(Draft(names="a.example.com")).names == ("", "a.example.com")


# Several sessions


def test_two_sessions_at_once_both_keep_their_forms(tmp_path: Path) -> None:
    first, second = own_draft(tmp_path), own_draft(tmp_path)
    assert (first.restore(), second.restore()) == (Draft(), Draft())
    first.save(named("a.com"))
    second.save(named("b.com"))
    first.save(named("aa.com"))
    first.close()
    second.close()
    third, fourth = own_draft(tmp_path), own_draft(tmp_path)
    assert third.restore() == named("aa.com"), "the newest"
    assert third.others == 1
    assert fourth.restore() == named("b.com")
    assert fourth.others == 0
    for own in (third, fourth):
        own.close()


def test_the_form_of_a_running_session_is_not_restored_but_its_organization_is(tmp_path: Path) -> None:
    first, second = own_draft(tmp_path), own_draft(tmp_path)
    first.save(named("a.com"))
    assert second.restore() == Draft(organization="Example Ltd")
    assert second.others == 0
    first.close()


def test_the_form_of_a_killed_session_is_restored(tmp_path: Path) -> None:
    script = (
        "import os, signal; from csrtui.tasks.draft import Draft; from csrtui.store.keystore import Keystore;"
        "from csrtui.tasks.draft import SessionDraft; from csrtui.tasks.session import Session;"
        f"own = SessionDraft(Session(Keystore({str(tmp_path / 'store')!r})));"
        "own.save(Draft(common_name='a.com')); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    own = own_draft(tmp_path)
    assert own.restore() == Draft(common_name="a.com")
    own.close()


def test_a_session_saves_its_form_in_place_of_the_restored_one(tmp_path: Path) -> None:
    leave(tmp_path, "a.com")
    own = own_draft(tmp_path)
    own.restore()
    own.save(named("b.com"))
    own.close()
    own.save(named("c.com"))  # a thread can be late
    own.close()
    assert files_of_drafts(tmp_path) == [".draft.json"]
    assert newest_draft(Session(Keystore(str(tmp_path / "store")))) == named("c.com")


def test_the_number_of_a_draft_without_names_is_used_again(tmp_path: Path) -> None:
    for name in ("a.com", "b.com", "c.com"):
        own = own_draft(tmp_path)
        own.restore()
        own.save(named(name))
        own.save(named("").next_draft())
        own.close()
    assert files_of_drafts(tmp_path) == [".draft.json"]


def test_the_number_of_drafts_is_limited(tmp_path: Path) -> None:
    sessions = [own_draft(tmp_path) for _ in range(MAX_DRAFTS)]
    for at, own in enumerate(sessions):
        own.save(named(f"{at}.com"))
    with pytest.raises(StoreError, match=f"all {MAX_DRAFTS} forms"):
        own_draft(tmp_path).save(named("b.com"))
    for own in sessions:
        own.close()
    with pytest.raises(StoreError, match=f"all {MAX_DRAFTS} forms"):
        own_draft(tmp_path).save(named("b.com"))
    own = own_draft(tmp_path)
    assert own.restore().has_names, "a new session takes one over, so that it can keep its own"
    own.save(named("b.com"))
    own.close()
    assert len(files_of_drafts(tmp_path)) == MAX_DRAFTS


def test_a_session_does_not_overwrite_a_draft_of_another_session(tmp_path: Path) -> None:
    own, other = own_draft(tmp_path), own_draft(tmp_path)
    own.save(named("a.com"))
    own.close()
    other.restore()
    with pytest.raises(StoreError, match="are in use"):
        own.save(named("b.com"))
    other.close()
    assert newest_draft(Session(Keystore(str(tmp_path / "store")))) == named("a.com")


def test_a_store_without_locks_still_shows_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(tmp_path, "a.com")

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    own = own_draft(tmp_path)
    assert own.restore() == named("a.com")
    with pytest.raises(StoreError, match="has no locks"):
        own.save(DRAFT)


def test_a_draft_removed_while_it_is_restored_is_an_empty_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(tmp_path, "a.com")
    hold = Keystore.lock_draft

    def removed(store: Keystore, number: int) -> int | None:
        (tmp_path / "store" / ".draft.json").unlink(missing_ok=True)
        return hold(store, number)

    monkeypatch.setattr(Keystore, "lock_draft", removed)
    own = own_draft(tmp_path)
    assert own.restore() == Draft()
    own.close()


def test_sessions_that_start_at_the_same_time_get_different_forms(tmp_path: Path) -> None:
    names = [f"{number}.com" for number in range(6)]
    leave(tmp_path, *names)
    for _ in range(5):
        sessions = [own_draft(tmp_path) for _ in names]
        with ThreadPoolExecutor(len(names)) as pool:
            restored = list(pool.map(SessionDraft.restore, sessions))
        for own in sessions:
            own.close()
        assert sorted(draft.common_name for draft in restored) == names
