"""The dialogs that read files or pasted text: to import certificates, or to inspect anything and store nothing."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.bundle.pem import names_private_key
from csrtui.store.foreign_files import read_foreign
from csrtui.store.secret_file import read_identity
from csrtui.tasks.import_ import ImportSource, needs_passphrase
from csrtui.tasks.import_decision import RefusedFile, RefusedKind
from csrtui.tasks.parallel import Result
from csrtui.tui.commands import Scope, commands_of
from csrtui.tui.messages import error_text, with_keys
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import FilesField, PathField, quote_path
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.tasks.inspect.inspection import Inspection
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.screens.text_pages import Page
    from csrtui.tui.widgets.text_block import Line

    ImportFunction = Callable[[Sequence[ImportSource], Secret | None], Sequence[Result]]
    """A function that imports certificates, with a passphrase that opens their files. It is called in a thread."""

_BEGIN, _END = "-----BEGIN", "-----END"
_KEY_LINE = "-----BEGIN PRIVATE KEY-----"
"""The stand-in for a private key that was dropped. It causes the same error as a key in a file."""


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """The imported files or texts, the passphrase that opens them, and the results."""

    sources: Sequence[ImportSource]
    passphrase: Secret | None
    results: Sequence[Result]


class FilesModal(FormModal[ImportAnswer | None]):
    """A dialog that reads files or pasted text. It stays open until something in them can be used.

    A terminal without bracketed paste sends pasted text as keys, with Enter after each line. From the first line of a
    PEM text on, the dialog therefore collects the lines. It reads them when the user presses Enter in the empty field.

    Args:
        import_sources: The function that reads the files and returns their results.
    """

    KEPT_FIELDS = frozenset({"files"})
    FIRST_FOCUS = "#files"
    NOTES = 4
    heading = ""
    locked_noun = "PKCS #12 file"

    CHARACTERS_REMOVED = "Characters that are not valid in a path were removed."

    def __init__(
        self, import_sources: Callable[[Sequence[ImportSource]], Sequence[Result]], title: str
    ) -> None:
        super().__init__()
        self._import_sources = import_sources
        self.heading = title
        self._pasted_lines: list[str] = []
        self._is_key = False
        self._rejected: Sequence[Result] = ()
        self._status = ""
        self._sources: Sequence[ImportSource] = ()
        self._text_of_sources = ""
        self._passphrase: Secret | None = None
        self._locked: Sequence[str] = ()

    def fields(self) -> Iterable[Widget]:
        """Return the fields. The one for the passphrase is hidden until a file needs it."""
        yield LabelledFields(
            ("Files", FilesField(self.kept_text("files"), "paths or pasted text", id="files"))
        )
        passphrase = SecretField(f"of the {self.locked_noun}", id="passphrase")
        yield LabelledFields(("Passphrase", passphrase), id="locked", is_hidden=True)

    # Events

    def on_secret_field_submitted(self) -> None:
        """Read the sources again with the passphrase. Without one, use them as they are."""
        passphrase = self.secret_of("#passphrase")
        self._passphrase = passphrase if passphrase.encoded else None
        self._read_again()

    def _read_again(self) -> None:
        """Read the same sources, or other files if their paths were typed since."""
        if self._text and self._text != self._text_of_sources:
            self._import_files(self._text)
        else:
            self.begin(self._import(self._sources))

    def on_input_changed(self) -> None:
        """Remove the reasons why no file was used."""
        if self._rejected:
            self._rejected = ()
            self.draw()

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Import the files named in the field. PEM text that is pasted line by line is collected, then imported."""
        text = event.value.strip()
        if self._is_key or names_private_key(text):
            self._drop_key_line(text)
        elif _BEGIN in text or (self._pasted_lines and text):
            self._pasted_lines.append(text)
            self._clear_field()
            if text.endswith("-----") and text.count(_BEGIN) and _END in text:
                self._import_pasted_lines()  # the line contains the whole PEM text
        elif self._pasted_lines:
            self._import_pasted_lines()
        elif text:
            self._import_files(text)
        elif not self.is_busy and not self._rejected:
            self.error = InputError("No file is named. Enter its path, or paste its text.")
        self.draw()

    def _drop_key_line(self, text: str) -> None:
        """Drop a line of a private key, and hide the following lines until the last one, or until an empty line."""
        self._pasted_lines = []
        self._is_key = bool(text) and _END not in text
        self.query_one("#files", FilesField).is_hidden = self._is_key
        self._clear_field()
        if not self._is_key:
            self._import_text([_KEY_LINE])

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Import the pasted text. If it consists of paths, add them to the field instead."""
        event.stop()
        event.prevent_default()  # the base class refuses a text of several lines
        lines = [line.strip() for line in event.lines]
        if all(line.startswith(("/", "~/")) for line in lines) and not any(len(line) == 64 for line in lines):  # noqa: PLR2004 - a line of PEM may begin with a slash
            field = self.query_one("#files", TextField)
            is_replaced = not field.is_typed or field.selected_text == field.value
            kept = "" if is_replaced else field.value.strip()
            field.replace_text(" ".join(filter(None, (kept, *map(quote_path, lines)))))
            return
        self._import_text(event.lines)

    def texts_to_keep(self) -> dict[str, str]:
        """Return the text, unless it is a line of a private key."""
        return {"files": ""} if self._is_key else super().texts_to_keep()

    # Work

    @property
    def _text(self) -> str:
        return self.text_of("#files")

    def _clear_field(self) -> None:
        with self.prevent(TextField.Changed):  # otherwise, the message could remove the result of an import
            self.query_one("#files", TextField).load_text("")

    def _import_pasted_lines(self) -> None:
        lines, self._pasted_lines = self._pasted_lines, []
        self._import_text(lines)

    def _import_text(self, lines: Sequence[str]) -> None:
        self._status = f"Reading {plural(len(lines), 'line')} of pasted text …"
        data = "\n".join(lines).encode("utf-8", "replace")
        self.begin(self._import([ImportSource(data)]))

    def _import_files(self, text: str) -> None:
        try:
            paths = [os.path.expanduser(path) for path in shlex.split(text)]
        except ValueError:
            self.error = InputError("A quotation mark is not closed.", "put quotes around a path with spaces")
            return
        self._status = f"Reading {plural(len(paths), 'file')} …"
        self.begin(self._read_and_import(list(dict.fromkeys(paths))))

    async def _read_and_import(self, paths: Sequence[str]) -> None:
        def read() -> list[ImportSource]:
            return [ImportSource(read_foreign(path), path) for path in paths]

        await self._import(await self.in_thread(read))

    async def _import(self, sources: Sequence[ImportSource]) -> None:
        self.use_results(sources, await self.in_thread(lambda: self._import_sources(sources)))

    def needed_fields(self) -> Sequence[tuple[str, str]]:
        """Return each row that the sources need, with its field."""
        return [("#locked", "#passphrase")] if self._locked else []

    def use_results(self, sources: Sequence[ImportSource], results: Sequence[Result]) -> None:
        """Close the dialog with the results, or show why nothing could be used.

        If a file needs a passphrase or an identity, ask for it once.
        """
        self._sources, self._text_of_sources = sources, self._text
        for row, field in self.needed_fields():
            if not self.query_one(row).display:
                self.display_fields({row: True})
                self.set_focus(self.query_one(field))
                self.draw()
                return
        if any(result.ok or result.pair for result in results):
            if any(result.ok for result in results):
                self._clear_field()
            self.dismiss(ImportAnswer(sources, self._passphrase, results))
        else:
            self._rejected = results

    # Drawing

    def _rejection_lines(self, result: Result) -> list[Line]:
        """Return lines with the reason why a file was rejected, and the key of the command that accepts it, if any."""
        source = result.file or "pasted text"
        # The commands work in the keystore, not in this dialog or on the page of a pair.
        leave = "Esc twice" if getattr(self.app.screen_stack[-2], "place", None) is Scope.PAIR else "Esc"
        if not isinstance(result, RefusedFile):
            text = with_keys(f"{source}: {result.text}", commands_of(self.app), f"press {leave}, then ")
            return self.lines(text if text.endswith(".") else f"{text}.", "error")
        if result.kind is RefusedKind.OTHER:
            return self.lines(f"{source}: {error_text(result.error, commands_of(self.app))}", "error")
        if result.kind is RefusedKind.KEY:
            hint = f"To add the key as a pair, press {leave}, then {self.key_of('adopt')}."
        else:
            hint = f"To restore the pair, press {leave}, then {self.key_of('restore')}."
        return [*self.lines(f"{source}: {result.error.message}.", "error"), *self.lines(hint)]

    def notes(self) -> list[Line]:
        """Return the reason why no file was used, or the progress of reading."""
        if self._rejected:
            return [line for result in self._rejected for line in self._rejection_lines(result)]
        if self._is_busy:
            return self.lines(self._status, "strong")
        if self._pasted_lines:
            count = f"{plural(len(self._pasted_lines), 'line')} of text read. Press Enter again to {self.verb.lower()}."
            return [*self.lines(count, "strong"), ((visible(self._pasted_lines[-1]), "label"),)]
        return self.idle_notes()

    def idle_notes(self) -> list[Line]:
        """Return the text about the passphrase if its field is shown, or else the text about paths."""
        if self.query_one("#locked").display:
            verb = "is" if len(self._locked) == 1 else "are"
            return self.lines(
                f"{', '.join(self._locked)} {verb} encrypted. Type the passphrase, or leave it empty to skip."
            )
        return self.lines(
            "Tab completes a path. Separate paths with spaces, and quote those that contain spaces.", "label"
        )


class ImportModal(FilesModal):
    """A dialog that imports certificates from files or pasted text. It stays open until a certificate matches a pair."""

    about = (
        "Paste what the CA sent, or enter the paths of its files: PEM in any order, DER, PKCS #7. "
        "Each certificate is matched to its pair by the public key."
    )
    verb = "Import"

    def __init__(self, import_sources: ImportFunction, title: str) -> None:
        super().__init__(self._import_or_ask, title)
        self._import_opened = import_sources

    def _import_or_ask(self, sources: Sequence[ImportSource]) -> Sequence[Result]:
        """Import the sources. If the passphrase of a file was not asked for, only name that file. Runs in a thread."""
        if not self._locked:
            locked = [source.file or _PASTED for source in sources if needs_passphrase([source])]
            self._locked = [visible(os.path.basename(name)) for name in locked]
            if locked:
                return []
        return self._import_opened(sources, self._passphrase)


_PASTED = "pasted text"
_TO_RECIPIENTS = (
    "At least one backup is encrypted to recipients. Enter the path of an age identity or SSH private key, or press "
    "Enter to inspect without decrypting."
)


class InspectModal(FilesModal):
    """A dialog that inspects files or pasted text. It stays open until something can be read."""

    about = (
        "Paste a CSR, certificate or public key, or enter the paths of files: CSRs, certificates, chains, keys, "
        "PKCS #7, PKCS #12 or backups, in any format. Nothing is stored."
    )
    verb = "Inspect"
    locked_noun = "key or PKCS #12 file"

    def __init__(self, session: Session) -> None:
        super().__init__(self._inspect, "Inspect files")
        self._session = session
        self._inspection: Inspection | None = None
        self._identities: bytes | None = None

    def fields(self) -> Iterable[Widget]:
        """Return the fields. The one for the identity is hidden until a file needs it."""
        yield from super().fields()
        identity = PathField("", "path of the age identity", id="identity")
        yield LabelledFields(("Identity", identity), id="to-recipients", is_hidden=True)

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Read the identity file. If Enter was pressed in the identity field, inspect the sources again."""
        path = self.text_of("#identity")
        try:
            self._identities = read_identity(os.path.expanduser(path)) if path else None
        except CsrtuiError as error:
            event.prevent_default()  # the files are not inspected
            self.fail(error, "#identity")
            return
        if event.input.id == "identity":
            event.prevent_default()
            self._read_again()

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Refuse several pasted lines in the identity field, because it accepts only a path."""
        if self.focused is self.query_one("#identity"):
            event.stop()
            event.prevent_default()
            self.fail(InputError(self.PASTE_REFUSED))

    def needed_fields(self) -> Sequence[tuple[str, str]]:
        """Return each row that the sources need, with its field."""
        needs_identity = self._inspection is not None and self._inspection.needs_identity
        return [*super().needed_fields(), *([("#to-recipients", "#identity")] if needs_identity else [])]

    def idle_notes(self) -> list[Line]:
        """Return the text about the identity if its field is shown, or else the text about the passphrase or paths."""
        if self.query_one("#to-recipients").display:
            return self.lines(_TO_RECIPIENTS)
        return super().idle_notes()

    def _inspect(self, sources: Sequence[ImportSource]) -> Sequence[Result]:
        """Inspect the sources, and return one good result, or the problem of each source. Runs in a thread."""
        from csrtui.tasks.inspect.inspection import InspectSource, inspect, needs_passphrase

        files = [InspectSource(source.file or _PASTED, source.data) for source in sources]
        inspection = inspect(self._session, files, self._passphrase, identities=self._identities)
        locked = [] if self._passphrase else [file.name for file in files if needs_passphrase([file])]
        self._locked = [os.path.basename(name) for name in locked]
        if not inspection.items:
            return [
                Result(ok=False, file=visible(problem.file), text=problem.text)
                for problem in inspection.problems
            ]
        self._inspection = inspection
        return [Result(ok=True, text="")]

    def action_cancel(self) -> None:
        """Close and show no page, even if the files were read and only an identity is missing."""
        self._inspection = None
        super().action_cancel()

    @property
    def page(self) -> Page | None:
        """The page that shows the result, or None if the dialog was cancelled."""
        inspection = self._inspection
        if inspection is None:
            return None
        from csrtui.tui.screens.text_pages import Page

        title = f"Inspect · {plural(len(inspection.items), 'item')}"
        commands = commands_of(self.app)
        return Page(title, lambda width: list(_lines(inspection, commands, width)))


def _lines(inspection: Inspection, commands: Sequence[Command], width: int) -> Iterator[str]:
    from csrtui.tasks.inspect.text import sections

    if inspection.store_problem:
        yield f"Not compared with the keystore: {inspection.store_problem}"
    for number, section in enumerate(sections(inspection, lambda text: with_keys(text, commands))):
        if number:
            yield ""
        title = f"─ {section.title} "
        yield title.ljust(width, "─") if len(title) < width else title
        yield from section.lines(width)
