"""What the tests of the dialogs of import, install and retire share: answers of a CA, and pairs to give them to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certificates_made import DAYS, intermediate, pem, root
from exports_made import issue

from csrtui.tasks.list import read_pair
from csrtui.tui.modals.import_ import ImportModal

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.core.pairs.pair import PairRecord
    from csrtui.tasks.session import Session


def answer_of_ca(session: Session, name: str, **changes: Any) -> str:
    """What a CA sends for a pair: the certificate, its chain, the root; `changes` as in `Authority.sign`."""
    leaf = intermediate().sign(read_pair(session, name)[1].der, **{"days": DAYS, **changes})
    return pem(leaf, intermediate().certificate, root().certificate).decode("ascii")


def file_of_ca(session: Session, name: str, path: Path, **changes: Any) -> Path:
    """The same in a file."""
    path.write_text(answer_of_ca(session, name, **changes), encoding="ascii")
    return path


def certificate_home(session: Session, name: str) -> None:
    """Bring home a certificate of a pair."""
    issue(session, name)


def record(session: Session, name: str) -> PairRecord:
    """What the store knows of a pair now."""
    return read_pair(session, name)[0].record


async def at_pair(user: User, name: str) -> None:
    """Put the cursor on a pair of the list."""
    await user.until(lambda: name in user.pairs, f"the pair {name}")
    await user.press("f2")
    user.keystore.pairs.move_to(user.pairs.index(name))
    await user.settle()


async def imported(user: User) -> None:
    """Wait until what was given was dealt with."""
    await user.until(
        lambda: not isinstance(user.app.screen, ImportModal) or not user.app.screen._is_busy, "the import"
    )
    await user.until(lambda: user.app.screen.query("#about"), "the dialog")


def is_at(user: User, screen: type[object]) -> bool:
    """Whether the screen in front is of that kind."""
    return isinstance(user.app.screen, screen)
