"""Keeping the half-filled form, and what the next request starts from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.draft import Draft, dump_draft, load_draft
from csrtui.store.files import release
from csrtui.store.saved_state import MAX_DRAFTS
from csrtui.tasks.last_used import Kept, remember
from csrtui.tasks.last_used import recall as recall_text

if TYPE_CHECKING:
    from csrtui.tasks.request_spec import Asked
    from csrtui.tasks.session import Session


def recall(session: Session) -> Draft:
    """Return the form that was kept last, by whatever session; an empty one when none can be read."""
    kept = _kept(session)
    return kept[0].draft if kept else Draft()


class KeptForm(NamedTuple):
    """A form in the store.

    Attributes:
        number: That of its draft.
        draft: The form.
    """

    number: int
    draft: Draft


class OwnDraft:
    """The form of one running session, which no other session overwrites.

    A session takes over the newest form of a session that ended. It holds the lock of its draft until `close`, or
    until the process ends.

    Args:
        session: Whose store.

    Attributes:
        left_over: Forms of other sessions that ended, the newest first.
    """

    def __init__(self, session: Session) -> None:
        self._store = session.store
        self._session = session
        self._number = 0
        self._lock: int | None = None
        self._taken: list[tuple[KeptForm, int]] = []
        self.left_over: tuple[KeptForm, ...] = ()

    def restore(self) -> Draft:
        """Return the form to begin with: that of a session that ended, or else one without names."""
        kept = _kept(self._session)
        try:
            return self._restore([form for form in kept if form.draft.has_names]) or (
                kept[0].draft.carried_over() if kept else Draft()
            )
        except StoreError:  # without locks nobody can keep a form here
            return kept[0].draft if kept else Draft()

    def _restore(self, forms: list[KeptForm]) -> Draft | None:
        restored, ended = None, []
        if not forms:
            return None
        with self._store.choosing_draft():
            for form in forms:
                lock = self._store.hold_draft(form.number)
                if lock is None:
                    continue
                if restored is None:
                    self._number, self._lock = form.number, lock
                    restored = self._read(form.number)  # its session may have saved more before it ended
                else:
                    release(lock)
                    ended.append(form)
        self.left_over = tuple(ended)
        return restored

    def keep(self, draft: Draft) -> None:
        """Keep the form for the next start.

        Raises:
            StoreError: The store cannot be written to, or every draft belongs to another session.
        """
        if self._lock is None:
            self._claim()
        self._store.save_draft(dump_draft(draft), self._number)
        taken, self._taken = self._taken, []
        for form, lock in taken:
            if form.draft.title == draft.title:
                self._store.remove_draft(form.number)
            release(lock)

    def take(self, form: KeptForm) -> Draft:
        """Return a form that is left over; the store has it until `keep` has saved it as this session's own.

        Raises:
            InputError: Another session has taken it.
            StoreError: The store cannot be written to.
        """
        with self._store.choosing_draft():
            lock = self._store.hold_draft(form.number)
        self.left_over = tuple(one for one in self.left_over if one is not form)
        if lock is None:
            raise InputError(f"another session continues with the form for {form.draft.title}")
        self._taken.append((form, lock))
        return form.draft

    def close(self) -> None:
        """Let the next session have the form."""
        for lock in (self._lock, *(lock for _, lock in self._taken)):
            if lock is not None:
                release(lock)
        self._lock, self._taken = None, []

    def _claim(self) -> None:
        """Hold the draft that was this session's before, or one that nobody needs."""
        with self._store.choosing_draft():
            needed = {form.number for form in _kept(self._session) if form.draft.has_names}
            free = [number for number in range(1, MAX_DRAFTS + 1) if number not in needed]
            for number in [self._number] if self._number else free:
                self._lock = self._store.hold_draft(number)
                if self._lock is not None:
                    self._number = number
                    return
        raise StoreError(
            f"all {MAX_DRAFTS} forms that a keystore keeps belong to others", "end another session"
        )

    def _read(self, number: int) -> Draft:
        data = self._store.load_draft(number)
        return Draft() if data is None else load_draft(data)


def _kept(session: Session) -> list[KeptForm]:
    """Return the forms in the store, the newest first."""
    try:
        return [KeptForm(one.number, load_draft(one.data)) for one in session.store.drafts()]
    except StoreError:
        return []


def recall_for_hosts(session: Session) -> tuple[Draft, str]:
    """Return the form for many hosts as it was left, and which hosts it was for.

    Where none was kept it is what the next request here would start from.
    """
    kept = recall_text(session, Kept.HOST_REQUEST)
    draft = load_draft(kept.encode("ascii", "replace")) if kept else recall(session).carried_over()
    return replace(draft, renews=""), recall_text(session, Kept.REQUEST_HOSTS)


def keep_for_hosts(session: Session, draft: Draft, hosts: str) -> None:
    """Keep the form for many hosts, where the store can be written to."""
    remember(session, Kept.HOST_REQUEST, dump_draft(draft).decode("ascii"))
    remember(session, Kept.REQUEST_HOSTS, hosts)


def asked_by(draft: Draft) -> Asked:
    """Return what the form asks for."""
    from csrtui.core.names.name import split_names
    from csrtui.core.subject.fields import TypedSubject
    from csrtui.tasks.request_spec import Asked

    return Asked(
        names=(draft.common_name, *split_names(draft.names)),
        subject=TypedSubject(
            organization=draft.organization,
            organizational_unit=draft.organizational_unit,
            country=draft.country,
            state=draft.state,
            locality=draft.locality,
        ),
        ca=CaKind(draft.ca),
        platform=draft.platform,
        key_type=KeyType(draft.key),
    )
