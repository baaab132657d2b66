"""The dialog that adopts keys: it asks for their file or folder, and for a passphrase if a key is encrypted."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import plural, visible
from csrtui.store.path_completion import PathKind
from csrtui.tasks.adopt.match import MatchResult, match
from csrtui.tasks.adopt.search import read_paths
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import FilesField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.tasks.adopt.search import SearchResult
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_PATHS = (
    "The CSR and certificate in the folder of a key file are found too. Separate several paths with spaces, and quote those "
    "that contain spaces."
)
_OPENS_NO_KEY = "the passphrase opens none of the encrypted keys"


class AdoptModal(FormModal[MatchResult | None]):
    """A dialog that searches a file or folder for keys and matches them with their CSRs and certificates."""

    KEPT_FIELDS = frozenset({"path"})
    FIRST_FOCUS = "#path"
    NOTES = 3
    MORE_KEYS = (("Tab", "Complete"),)
    heading = "Adopt keys"
    about = (
        "Import existing keys as pairs, each with its CSR and certificate. The original files stay untouched."
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._search_result: SearchResult | None = None
        self._status = ""

    def fields(self) -> Iterable[Widget]:
        """Return the path, and the passphrase, which is hidden until an encrypted key is found."""
        path = FilesField(
            self.kept_text("path"), "paths, e.g. /etc/letsencrypt/live", PathKind.ANY, id="path"
        )
        yield LabelledFields(("Key or folder", path))
        passphrase = SecretField("for the encrypted keys", id="passphrase")
        yield LabelledFields(("Passphrase", passphrase), id="locked", is_hidden=True)

    @property
    def path(self) -> str:
        """The path in the field."""
        return self.text_of("#path")

    # Events

    def on_input_changed(self) -> None:
        """Discard the keys found under the previous path."""
        self._search_result = None
        self.display_fields({"#locked": False})

    def on_input_submitted(self) -> None:
        """Start searching the path for keys."""
        if not self.path:
            self.fail(InputError("Enter the path of a key file, or of a folder to search."))
        elif self._search_result is None:
            self.begin(self._search(self.path))
        else:
            self.query_one("#passphrase").focus()

    def on_secret_field_submitted(self) -> None:
        """Decrypt the keys with this passphrase. Keys that it does not decrypt are left out."""
        if self._search_result is not None:
            passphrase = self.secret_of("#passphrase")
            self.begin(self._match(self._search_result, passphrase if passphrase.encoded else None))

    # Search

    async def _search(self, text: str) -> None:
        self._status = "Searching …"

        def search() -> SearchResult:
            return read_paths(self._session, _paths(text))

        result = await self.in_thread(search)
        if not (result.has_keys or result.needs_passphrase):
            hints = [failure.text for failure in result.failures] or self._backup_notes(result)
            raise InputError("No private key found.", hints[0] if hints else None)
        self._search_result = result
        if result.needs_passphrase:
            self._status = ""
            self.display_fields({"#locked": True})
            self.query_one("#passphrase").focus()
        else:
            await self._match(result, None)

    async def _match(self, search_result: SearchResult, passphrase: Secret | None) -> None:
        self._status = "Opening the keys …"
        match_result = await self.in_thread(lambda: match(self._session, search_result, passphrase))
        if not match_result.candidates:
            raise RefusedError(match_result.failures[0].text)
        failed_files = {failure.file for failure in match_result.failures}
        if passphrase is not None and failed_files.issuperset(search_result.locked_paths):
            raise RefusedError(_OPENS_NO_KEY, "type it again, or leave it empty to skip those keys")
        if self.is_current and not self.is_closing:
            self.dismiss(match_result)

    def _locked_lines(self, paths: list[str]) -> list[Line]:
        """Return lines with the names of the encrypted keys, cut to one line, and with the notes about backups."""
        names = ", ".join(visible(os.path.basename(path)) for path in paths)
        count = f"{plural(len(paths), 'encrypted key')} found"
        room = self.inner_width - len(count) - 3
        backups = self._backup_notes(self._search_result) if self._search_result else []
        return [
            *self.lines(f"{count}: {cut(names, room)}"),
            *self.lines("Leave the passphrase empty to skip."),
            *self.lines(" ".join(backups), "label")[: len(backups)],
        ]

    def _backup_notes(self, search_result: SearchResult) -> list[str]:
        """Return a sentence if csrtui backups were left out."""
        count = len(search_result.backups)
        note = f"{plural(count, 'csrtui backup')} left out. To restore one, press Esc, then {self.key_of('restore')}."
        return [note] if count else []

    def notes(self) -> list[Line]:
        """Return the state of the search, the encrypted keys, or how to type paths."""
        if self.is_busy:
            return self.lines(self._status or "Searching …", "strong")
        return self._locked_lines(self._locked_paths) if self._locked_paths else self.lines(_PATHS, "label")

    @property
    def verb(self) -> str:
        """The label of the Enter key."""
        return "Open" if self._locked_paths else "Search"

    @property
    def _locked_paths(self) -> list[str]:
        return self._search_result.locked_paths if self._search_result else []


def _paths(text: str) -> list[str]:
    """Return the paths in a text, each once. A single path with spaces needs no quotation marks."""
    only = os.path.expanduser(text)
    if os.path.lexists(only):
        return [only]
    try:
        return list(dict.fromkeys(map(os.path.expanduser, shlex.split(text))))
    except ValueError as error:
        raise InputError("A quotation mark is not closed.", "put quotes around a path with spaces") from error
