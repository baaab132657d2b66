"""Save and restore the half-filled request form and the values last used in dialogs. Secrets are never saved."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.keys.key_types import DEFAULT_KEY_TYPE, KeyType
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.core.subject.fields import SubjectInput, read_attributes
from csrtui.store.safe_files import release
from csrtui.store.saved_state import MAX_DRAFTS

if TYPE_CHECKING:
    from csrtui.core.pairs.query import SortOrder
    from csrtui.tasks.request_spec import RequestSpec
    from csrtui.tasks.session import Session


TEXT_FIELDS = ("common_name", "names", "organization", "organizational_unit", "country", "state", "locality")
"""The names of the text fields."""
_FLAGS = ("no_common_name", "must_staple", "has_passphrase", "same_key")


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the request form as typed.

    Attributes:
        names: The text of the field for the other names.
        no_common_name: Whether the common name is left out. If the user types one, this is ignored.
        attributes: The additional subject attributes, as `read_attributes` reads them.
        pair_name: The name of the new pair, or "" for the one derived from the request.
        has_passphrase: Whether the user typed a passphrase for the key. The passphrase itself is never in a draft.
        renews: The name of the pair that the new pair replaces, or "".
        same_key: Whether the new pair keeps the key of the replaced pair.
        must_staple: Whether the CSR requests must-staple, as the CSR of the replaced pair does.
        templates: The names of the text fields in which every brace was typed by the user. Inventory variables are
            replaced only in these fields. All other fields are literal, because a brace in them came from a file, a
            pair, a profile or a paste. In a draft from an older version, all fields are literal.
    """

    common_name: str = ""
    names: str = ""
    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""
    ca: str = CaKind.PUBLIC.value
    platform: str = OTHER
    key: str = DEFAULT_KEY_TYPE.value
    purpose: str = Purpose.SERVER.value
    no_common_name: bool = False
    attributes: str = ""
    pair_name: str = ""
    has_passphrase: bool = False
    renews: str = ""
    same_key: bool = False
    must_staple: bool = False
    templates: frozenset[str] = frozenset()

    @property
    def texts(self) -> dict[str, str]:
        """The text fields by their names."""
        return {name: getattr(self, name) for name in TEXT_FIELDS}

    @property
    def subject(self) -> SubjectInput:
        """The subject fields except the common name."""
        return SubjectInput(*(getattr(self, name) for name in SubjectInput._fields))

    @property
    def has_names(self) -> bool:
        """Whether the user typed a common name or other names."""
        return bool(self.common_name.strip() or self.names.strip())

    def next_draft(self) -> Draft:
        """Return a draft for the next request. It keeps the organization and the selected values, but not the names."""
        templates = self.templates.difference({"common_name", "names"})
        return replace(
            self.without_renewal(),
            common_name="",
            names="",
            attributes="",
            pair_name="",
            has_passphrase=False,
            no_common_name=False,
            templates=templates,
        )

    def without_renewal(self) -> Draft:
        """Return a draft for a pair that replaces no other pair. The passphrase of the replaced pair's key is left out."""
        has_passphrase = self.has_passphrase and not self.same_key
        return replace(self, renews="", same_key=False, has_passphrase=has_passphrase, must_staple=False)


def dump_draft(draft: Draft) -> bytes:
    """Return a draft as JSON in ASCII."""
    return json.dumps(asdict(draft) | {"templates": sorted(draft.templates)}).encode("ascii")


def load_draft(data: bytes) -> Draft:
    """Return the draft in `data`. A missing or invalid member gets its default value."""
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        return Draft()
    if not isinstance(members, dict):
        return Draft()
    known = {field.name for field in fields(Draft)}
    templates = members.get("templates")
    texts: dict[str, Any] = {
        name: text for name, text in members.items() if name in known and isinstance(text, str)
    }
    flags: dict[str, Any] = {name: members.get(name) is True for name in _FLAGS}
    draft = Draft(**(texts | flags))
    return replace(
        draft,
        ca=draft.ca if draft.ca in tuple(CaKind) else CaKind.PUBLIC.value,
        platform=draft.platform if draft.platform in PLATFORMS else OTHER,
        key=draft.key if draft.key in tuple(KeyType) else DEFAULT_KEY_TYPE.value,
        purpose=draft.purpose if draft.purpose in tuple(Purpose) else Purpose.SERVER.value,
        attributes=_valid_attributes(draft.attributes),
        renews=draft.renews if is_pair_name(draft.renews) else "",
        pair_name=draft.pair_name if is_pair_name(draft.pair_name) else "",
        templates=frozenset(TEXT_FIELDS).intersection(
            [name for name in templates if isinstance(name, str)] if isinstance(templates, list) else []
        ),
    )


def _valid_attributes(text: str) -> str:
    """Return the text of attributes, or "" if another version of csrtui wrote types that this one does not know."""
    try:
        read_attributes(text)
    except InputError:
        return ""
    return text


def newest_draft(session: Session) -> Draft:
    """Return the form that any session saved last, or an empty form if there is none."""
    forms = _saved_forms(session)
    return forms[0].draft if forms else Draft()


def empty_draft(session: Session) -> Draft:
    """Return a form without names, filled with the defaults in the configuration."""
    if session.defaults is None:
        return Draft()
    from csrtui.tasks.form_prefill import with_profile_applied

    return with_profile_applied(Draft(), session.defaults)


class NumberedDraft(NamedTuple):
    """A form in the store, with the number of its file."""

    number: int
    draft: Draft


class SessionDraft:
    """The saved form of one running session. No other session overwrites it.

    A session claims the newest form that an ended session has left. It keeps this form locked until `close` is called
    or the process ends.

    Attributes:
        others: The number of other forms that ended sessions have left. The next sessions restore them.
    """

    def __init__(self, session: Session) -> None:
        self._store = session.store
        self._session = session
        self._number = 0
        self._lock: int | None = None
        self.others = 0

    def restore(self) -> Draft:
        """Return the form to start with: the newest form that an ended session has left, or else one without names."""
        forms = _saved_forms(self._session)
        try:
            return self._restore([form for form in forms if form.draft.has_names]) or (
                forms[0].draft.next_draft() if forms else empty_draft(self._session)
            )
        except StoreError:  # without locks, no session can save a form in this store
            return forms[0].draft if forms else empty_draft(self._session)

    def _restore(self, forms: list[NumberedDraft]) -> Draft | None:
        restored = None
        if not forms:
            return None
        with self._store.lock_drafts():
            for form in forms:
                lock = self._store.lock_draft(form.number)
                if lock is None:
                    continue
                if restored is None:
                    self._number, self._lock = form.number, lock
                    # Its session may have saved more before it ended.
                    restored = load_draft(self._store.load_draft(form.number) or b"")
                else:
                    release(lock)
                    self.others += 1
        return restored

    def save(self, draft: Draft) -> None:
        """Save the form for the next start.

        Raises:
            StoreError: The store cannot be written to, or every draft belongs to another session.
        """
        if self._lock is None:
            self._lock_number()
        self._store.save_draft(dump_draft(draft), self._number)

    def close(self) -> None:
        """Release the lock, so that the next session can claim the form."""
        if self._lock is not None:
            release(self._lock)
            self._lock = None

    def _lock_number(self) -> None:
        """Lock the draft that this session used before, or else one that is not in use.

        Raises:
            StoreError: All drafts are in use.
        """
        with self._store.lock_drafts():
            needed = {form.number for form in _saved_forms(self._session) if form.draft.has_names}
            free = [number for number in range(1, MAX_DRAFTS + 1) if number not in needed]
            for number in [self._number] if self._number else free:
                self._lock = self._store.lock_draft(number)
                if self._lock is not None:
                    self._number = number
                    return
        raise StoreError(f"all {MAX_DRAFTS} forms of this keystore are in use", "end another session")


def _saved_forms(session: Session) -> list[NumberedDraft]:
    """Return the forms in the store, newest first, or none if the store cannot be read."""
    try:
        return [NumberedDraft(saved.number, load_draft(saved.data)) for saved in session.store.drafts()]
    except StoreError:
        return []


def load_draft_for_hosts(session: Session) -> tuple[Draft, str]:
    """Return the last form for many hosts, and the hosts that were entered in it.

    If there is none, return the form for this machine's next request, and no hosts.
    """
    text = recall(session, LastUsed.HOST_REQUEST)
    draft = load_draft(text.encode("ascii", "replace")) if text else newest_draft(session).next_draft()
    return draft.without_renewal(), recall(session, LastUsed.REQUEST_HOSTS)


def save_draft_for_hosts(session: Session, draft: Draft, hosts: str) -> None:
    """Save the form for many hosts and the hosts that were typed with it, if the store can be written to."""
    remember(session, LastUsed.HOST_REQUEST, dump_draft(draft).decode("ascii"))
    remember(session, LastUsed.REQUEST_HOSTS, hosts)


def request_spec_of(draft: Draft) -> RequestSpec:
    """Return the request that a form specifies."""
    from csrtui.core.names.pasted_text import split_names
    from csrtui.tasks.request_spec import RequestSpec

    return RequestSpec(
        names=(draft.common_name, *split_names(draft.names)),
        subject=draft.subject,
        ca=CaKind(draft.ca),
        platform=draft.platform,
        key_type=KeyType(draft.key),
        purpose=Purpose(draft.purpose),
        no_common_name=draft.no_common_name and not draft.common_name.strip(),
        attributes=read_attributes(draft.attributes),
        must_staple=draft.must_staple,
    )


class LastUsed(StrEnum):
    """A value that is remembered for the next use."""

    BACKUP_FOLDER = "backup_folder"
    """The destination of backups on this machine."""
    HOST_BACKUP_FOLDER = "host_backup_folder"
    """The destination of backups on other hosts."""
    RECIPIENTS = "recipients"
    """The recipients of backups on other hosts, as typed."""
    CSR_FOLDER = "csr_folder"
    """The destination of CSRs of other hosts."""
    HOST_REQUEST = "host_request"
    """The form for many hosts: a draft as JSON."""
    REQUEST_HOSTS = "request_hosts"
    """The hosts that were typed with that form."""
    SORT_ORDER = "sort_order"
    """The order of the lists of pairs: a value of `SortOrder`."""


def recall(session: Session, key: LastUsed) -> str:
    """Return a remembered value, or an empty string if there is none or it cannot be read."""
    text = _read_values(session).get(key, "")
    return text if isinstance(text, str) and text.isprintable() else ""


def remember(session: Session, key: LastUsed, text: str) -> None:
    """Save a value as the next default of its dialog, if the store can be written to."""
    if text != recall(session, key):
        with suppress(StoreError):
            session.store.update_last_used(
                lambda data: json.dumps({**_parse_values(data), key: text}).encode("ascii")
            )


def recall_folder(session: Session) -> str:
    """Return the last destination folder of backups, or an empty string."""
    return recall(session, LastUsed.BACKUP_FOLDER)


def remember_folder(session: Session, folder: str) -> None:
    """Save the destination folder of backups as an absolute path."""
    remember(session, LastUsed.BACKUP_FOLDER, os.path.abspath(folder))


def recall_sort_order(session: Session) -> SortOrder:
    """Return the last order of the lists of pairs."""
    from csrtui.core.pairs.query import SortOrder

    text = recall(session, LastUsed.SORT_ORDER)
    return next((order for order in SortOrder if order.value == text), SortOrder.URGENCY)


def _read_values(session: Session) -> dict[str, object]:
    try:
        return _parse_values(session.store.load_last_used())
    except StoreError:
        return {}


def _parse_values(data: bytes | None) -> dict[str, object]:
    try:
        values = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
