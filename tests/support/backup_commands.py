"""Folders and files for the tests of backup, verify and restore on the command line."""

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
    """The folder for backups, and the passphrase file.

    Attributes:
        usb: The folder for backups.
        passphrase: A file of `CANARY`, 0600.
    """

    usb: Path
    passphrase: Path

    @classmethod
    def made_in(cls, folder: Path) -> Places:
        """Make the folder for backups and the passphrase file in a folder."""
        places = cls(folder / "usb", folder / "passphrase")
        places.usb.mkdir()
        places.say(CANARY)
        return places

    def say(self, text: str) -> None:
        """Write another passphrase into the file."""
        self.passphrase.touch(0o600)
        self.passphrase.write_text(f"{text}\n")

    @property
    def given(self) -> tuple[str, str]:
        """Return the option that names the passphrase file."""
        return ("--passphrase-file", str(self.passphrase))

    def back_up(self, csrtui: Csrtui, *names: str) -> Ran:
        """Back up pairs, or all pairs, and return the JSON."""
        return csrtui("backup", *names or ["--all"], "--to", str(self.usb), *self.given, "--json")

    @property
    def files(self) -> list[Path]:
        """Return the backup files."""
        return sorted(self.usb.iterdir())
