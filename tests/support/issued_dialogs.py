"""Shared by the tests of the dialogs for import, install and retire: answers of a CA, and pairs for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certificates_made import DAYS, intermediate, pem, root
from exports_made import issue

from csrtui.tasks.list import read_pair
from csrtui.tui.modals.import_and_inspect import ImportModal

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.core.pairs.pair import PairRecord
    from csrtui.tasks.session import Session


def answer_of_ca(session: Session, name: str, **changes: Any) -> str:
    """Return the answer of a CA for a pair: certificate, chain and root. `changes` are those of `Authority.sign`."""
    leaf = intermediate().sign(read_pair(session, name)[1].der, **{"days": DAYS, **changes})
    return pem(leaf, intermediate().certificate, root().certificate).decode("ascii")


def file_of_ca(session: Session, name: str, path: Path, **changes: Any) -> Path:
    """Write the answer to a file."""
    path.write_text(answer_of_ca(session, name, **changes), encoding="ascii")
    return path


def import_certificate(session: Session, name: str) -> None:
    """Import a certificate for a pair."""
    issue(session, name)


def record(session: Session, name: str) -> PairRecord:
    """Return the current record of a pair."""
    return read_pair(session, name)[0].record


async def at_pair(user: User, name: str) -> None:
    """Put the cursor on a pair of the list."""
    await user.until(lambda: name in user.pairs, f"the pair {name}")
    await user.press("f2")
    user.keystore.pairs.move_to(user.pairs.index(name))
    await user.settle()


async def imported(user: User) -> None:
    """Wait until the input was imported or refused."""
    await user.until(
        lambda: not isinstance(user.app.screen, ImportModal) or not user.app.screen._is_busy, "the import"
    )
    await user.until(lambda: user.app.screen.query("#about"), "the dialog")


def is_at(user: User, screen: type[object]) -> bool:
    """Return whether the top screen is of this class."""
    return isinstance(user.app.screen, screen)
