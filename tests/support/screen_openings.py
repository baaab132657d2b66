"""The way to each screen, as a table: keys, and the text that must appear before the next keys."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from hostile_place import DUE, ISSUED, NEW, SENT
from textual.screen import Screen

import csrtui.tui.modals
import csrtui.tui.screens

if TYPE_CHECKING:
    from collections.abc import Iterator

PHRASE = "a phrase that is long enough"
F1, F2, F5, F6, F9 = "\x1bOP", "\x1bOQ", "\x1b[15~", "\x1b[17~", "\x1b[20~"
CTRL_F, CTRL_G, CTRL_O, CTRL_P, CTRL_Q, CTRL_U = "\x06", "\x07", "\x0f", "\x10", "\x11", "\x15"


class Hands(Protocol):
    """A user who types and looks: in a pseudo-terminal, or at the app itself."""

    async def type(self, keys: str) -> None:
        """Type keys as a terminal sends them."""

    async def see(self, text: str) -> None:
        """Wait until a text is on the screen."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The way to a screen.

    Attributes:
        screen: The name of the screen's class.
        steps: Keys, and the text that appears after them. ``{out}`` and other names stand for the folders of a place.
        plain: Whether a real terminal shows it as plain text outside of the screens.
    """

    screen: str
    steps: tuple[tuple[str, str], ...]
    plain: bool = False

    async def take(self, hands: Hands, **folders: object) -> None:
        """Go there from the form."""
        for keys, text in self.steps:
            await hands.type(keys.format(**folders))
            await hands.see(text)


_KEYSTORE = ((F2, "Next"),)


def _at(pair: str, *steps: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the steps to a pair of the keystore, and then further ones."""
    return (*_KEYSTORE, (f"/{_pasted(pair)}\r", f"> {pair}"), *steps)


def _pasted(text: str) -> str:
    """Return a paste that replaces the text of the field."""
    return f"{CTRL_U}\x1b[200~{text}\x1b[201~"


_BACK_UP = ("b", "Back up a-new")
_PHRASES = (f"{_pasted('{out}')}\r{PHRASE}\r{PHRASE}", "Both passphrases match")
_SUBMIT = ("u", "Submit b-sent")
_IMPORT = ("i", "Import certificates")
_INSTALL = ("I" + _pasted("{out}"), "Will be written")
_ADOPT = (("a", "Adopt keys"), (_pasted("{given}") + "\r", "1 key found"))
_FIXES = (
    ("D", "examined"),
    ("\x1b[F", "has no backup"),
    ("c", "csrtui backup --store"),
)
UNREADABLE_PAIR = Opening("NoticeModal", _at("f-damaged", ("\r", "Error")))
"""The reason why a pair cannot be read. On a wide screen, it is a message of the list instead of a dialog."""
OPENINGS = (
    Opening("MainScreen", ()),
    Opening("MainScreen", _at(NEW)),
    Opening("HelpScreen", ((F1, "This screen"),)),
    Opening("NamesModal", (("\x1b[B\r", "Enter Edit"),)),
    Opening("ChoiceListModal", (("\x1b[A\x1b[A\r", "Enter Choose"),)),
    Opening("KeyOptionsModal", ((F9, "Enter Next field"),)),
    Opening("PaletteModal", ((CTRL_P, "name of a command"),)),
    Opening("ProfilesModal", ((F6, "Profiles"),)),
    Opening("StartFromModal", ((CTRL_O, "Copy from an existing"),)),
    Opening("NoticeModal", ((CTRL_O, "Copy from an existing"), (f"{ISSUED}\r", "Not copied"))),
    Opening("PageScreen", ((F5, "Guide"),)),
    Opening("ConfirmModal", ((CTRL_Q, "Quit csrtui?"),)),
    Opening("ConfirmModal", _at(ISSUED, ("t", f"Retire {ISSUED}?"))),
    Opening("PairScreen", _at(ISSUED, ("\r", f"Keystore · {ISSUED}"))),
    Opening("CsrScreen", _at(SENT, ("\r", f"Keystore · {SENT}"), ("v", "CERTIFICATE REQUEST"))),
    UNREADABLE_PAIR,
    Opening("BackupModal", _at(NEW, _BACK_UP)),
    Opening("SubmitModal", _at(SENT, _SUBMIT)),
    Opening("FileModal", _at(SENT, _SUBMIT, ("f", "Write"))),
    Opening("MarkModal", _at(SENT, _SUBMIT, ("m", "Note"))),
    Opening("NoticeModal", _at(SENT, _SUBMIT, ("s", "n your computer:")), plain=True),
    Opening("ImportModal", _at(SENT, _IMPORT)),
    Opening("ImportModal", _at(SENT, _IMPORT, (_pasted("{given}/junk.pem") + "\r", "ontains no"))),
    Opening("InstallModal", _at(ISSUED, _INSTALL)),
    Opening("RenewModal", _at(DUE, (".", f"Renew {DUE}"))),
    Opening("RestoreModal", (*_KEYSTORE, ("r", "Restore a pair"))),
    Opening("AdoptModal", (*_KEYSTORE, ("a", "Adopt keys"))),
    Opening("AdoptSelectionModal", (*_KEYSTORE, *_ADOPT)),
    Opening("InspectModal", (*_KEYSTORE, ("x", "Inspect files"))),
    Opening(
        "PageScreen",
        (*_KEYSTORE, ("x", "Inspect files"), (_pasted("{given}/certificate.pem") + "\r", "Inspect ·")),
    ),
    Opening("MonthsScreen", (*_KEYSTORE, ("m", "12 months"))),
    Opening("StoreDoctorScreen", (*_KEYSTORE, ("D", "examined"))),
    Opening("NoticeModal", (*_KEYSTORE, *_FIXES), plain=True),
    # The following openings change the store.
    Opening("VerifyModal", _at(SENT, ("V", "Verify the backups"))),
    Opening(
        "ImportResultModal",
        _at(
            SENT,
            _IMPORT,
            (_pasted("{given}/certificate.pem") + "\r", "Import it anyway?"),
            ("\t\r", "imported, expires"),
        ),
    ),
    Opening("PageScreen", _at(ISSUED, _INSTALL, ("\r", "Written:"))),
    Opening("AdoptSelectionModal", (*_KEYSTORE, *_ADOPT, ("\r", "adopted"))),
    Opening("BackupProgressModal", _at(NEW, _BACK_UP, _PHRASES, ("\r", "backed up and verified"))),
)
"""The openings. Screens with several views occur more than once."""
PLAIN_VIEW = Opening("SubmitModal", _at(SENT, _SUBMIT, ("v", "END CERTIFICATE REQUEST")), plain=True)
"""The CSR as plain text outside of the screens, for which a terminal is needed."""

_READ = (("", "as of"),)
_FORM = (*_READ, ("n", "Hosts"))
FLEET_OPENINGS = (
    ()
    if find_spec("csrtui.fleet") is None
    else (
        Opening("FleetScreen", _READ),
        Opening("PageScreen", (*_READ, ("\r", "v Plain"))),
        Opening("PageScreen", (*_READ, ("h", "v Plain"))),
        Opening("HostBackupModal", (*_READ, ("b", "Recipients"))),
        Opening("HostVerifyModal", (*_READ, ("V", "Identity"))),
        Opening("FetchModal", (*_READ, ("u", "Fetch the CSR"))),
        Opening("ImportModal", (*_READ, ("i", "each is sent to the host"))),
        Opening("FleetDoctorScreen", (*_READ, ("D", "hosts examined"))),
        Opening("HostWorkModal", (*_READ, ("u", "Fetch the CSR"), (_pasted("{out}") + "\r", "Enter Close"))),
        Opening("FleetRequestScreen", (*_FORM, ("{{{{ site }}}}", "different on each host"))),
        Opening("FleetPlanScreen", (*_FORM, ("{{{{ site }}}}" + CTRL_G, "left out"))),
        Opening("HelpScreen", (*_READ, (F1, "This screen"))),
    )
)
"""The openings from the list of many hosts. `hostile_fleet` has answers of hosts for each."""


def screen_classes() -> set[str]:
    """Return the names of all screens that are not a base class of another one."""
    packages = [csrtui.tui.screens, csrtui.tui.modals]
    if find_spec("csrtui.fleet") is not None:
        packages.append(importlib.import_module("csrtui.fleet.tui"))
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return {kind.__name__ for kind in _below(Screen) if not kind.__subclasses__()}


def _below(kind: type[Screen[object]]) -> Iterator[type[Screen[object]]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("csrtui."):
            yield one
        yield from _below(one)
