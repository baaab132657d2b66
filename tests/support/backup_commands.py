"""Folders and files that the tests of backup, verify and restore as commands need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backups_made import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

CANARY = PASSPHRASE.revealed


@dataclass(frozen=True)
class Places:
    """Where backups go, and where passphrases come from.

    Attributes:
        usb: The folder for backups.
        passphrase: A file of `CANARY`, 0600.
    """

    usb: Path
    passphrase: Path

    @classmethod
    def made_in(cls, folder: Path) -> Places:
        """Make both."""
        places = cls(folder / "usb", folder / "passphrase")
        places.usb.mkdir()
        places.say(CANARY)
        return places

    def say(self, text: str) -> None:
        """Put another passphrase into the file."""
        self.passphrase.touch(0o600)
        self.passphrase.write_text(f"{text}\n")

    @property
    def given(self) -> tuple[str, str]:
        """The option that gives the passphrase."""
        return ("--passphrase-file", str(self.passphrase))

    def back_up(self, csrtui: Csrtui, *names: str) -> Ran:
        """Back pairs up, or all, and tell it as JSON."""
        return csrtui("backup", *names or ["--all"], "--to", str(self.usb), *self.given, "--json")

    @property
    def files(self) -> list[Path]:
        """The backups."""
        return sorted(self.usb.iterdir())
