"""Keeping the half-filled form, and what the next request starts from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from csrtui.core.draft import Draft, dump_draft, load_draft
from csrtui.core.errors import StoreError
from csrtui.core.finding import CaKind
from csrtui.core.keys import KeyType
from csrtui.tasks.remembering import Kept, remember
from csrtui.tasks.remembering import recall as recall_text

if TYPE_CHECKING:
    from csrtui.tasks.asking import Asked
    from csrtui.tasks.session import Session


def recall(session: Session) -> Draft:
    """Return the form as it was left, or an empty one when none was kept or it cannot be read."""
    try:
        data = session.store.load_draft()
    except StoreError:
        return Draft()
    return Draft() if data is None else load_draft(data)


def keep(session: Session, draft: Draft) -> None:
    """Keep the form for the next start.

    Raises:
        StoreError: The store cannot be written to.
    """
    session.store.save_draft(dump_draft(draft))


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
    from csrtui.core.names import split_names
    from csrtui.core.subject import TypedSubject
    from csrtui.tasks.asking import Asked

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
