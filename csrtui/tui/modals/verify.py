"""The dialog that verifies backups. It checks that the files are unchanged and, with a passphrase, tests a restore."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding

from csrtui.core.backups.backup_file import Envelope
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.keys.pkcs8 import NOT_OPENED
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup_contents import KEY_IS_LOCKED
from csrtui.tasks.verify import NO_BACKUP, verify_many
from csrtui.tui.groups import names_of
from csrtui.tui.modals.form_base import CHOICE_KEYS
from csrtui.tui.modals.work_base import WorkModal
from csrtui.tui.widgets.choice_field import ChoiceField, GroupField
from csrtui.tui.widgets.one_line_widgets import LabelledFields, ProgressLine
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import hanging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.parallel import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.widgets.text_block import Line

_WIDE = 50
"""If the dialog has fewer cells in a line, its labels are shorter."""
_TEST_HELP = "Type the passphrase and press Enter to test-restore each backup. Nothing is kept."
_IDENTITY_HELP = (
    "Enter the identity to test-restore each backup encrypted to recipients. "
    "If the identity is on another machine, run there: csrtui verify FILE --identity IDENTITY"
)
_MAY_BE_WRONG = "The passphrase may be wrong."
_NO_IDENTITY = "Enter the path of the age identity or SSH private key that opens the backups."


class VerifyModal(WorkModal[None, "Result"]):
    """A dialog that verifies the backups of pairs. The first check needs no passphrase."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False, priority=True),
    ]
    FIRST_FOCUS = "#passphrase"
    LIST_LINES = 2

    def __init__(self, session: Session, groups: Sequence[Group[Pair]]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups
        self._results: Sequence[Result] = ()
        self._is_restore_test = False
        self._hint = ""
        self._has_locked_key = False

    def content(self) -> Iterable[Widget]:
        """Return the choice of the pairs, the fields, and the results."""
        yield GroupField(self._groups)
        passphrase = SecretField("for the backups", id="passphrase")
        yield LabelledFields(("Passphrase", passphrase), id="under-passphrase")
        identity = PathField("", "path of the age identity", id="identity")
        yield LabelledFields(("Identity", identity), id="to-recipients", is_hidden=True)
        yield ProgressLine(id="progress")
        yield TextView(id="results")
        yield TextBlock(id="notes")

    def on_mount(self) -> None:
        """Check that the files exist and are unchanged."""
        self._verify(None)

    @property
    def group(self) -> Group[Pair]:
        """The selected pairs."""
        return self.query_one(GroupField).group

    # Events

    def on_choice_field_changed(self) -> None:
        """Verify the backups of the selected pairs."""
        self._has_locked_key = False
        self._verify(None)

    def on_descendant_focus(self) -> None:
        """Show the keys of the focused field."""
        self.draw()

    @on(TextField.Changed)
    @on(SecretField.Changed)
    def _remove_hint(self) -> None:
        """Remove the hint when the input changes."""
        if self._hint:
            self._hint = ""
            self.draw()

    def on_text_field_pasted(self) -> None:
        """Show that the paste was ignored."""
        self._show_hint("The paste has several lines and was ignored.")

    def on_text_field_characters_removed(self) -> None:
        """Show that the paste was ignored."""
        self._show_hint("The paste has invalid characters and was ignored.")

    @on(TextField.Submitted)
    @on(SecretField.Submitted)
    def _test(self) -> None:
        """Test a restore of the backups with the current input."""
        passphrase = self.query_one("#passphrase", SecretField).secret()
        identity = self.query_one("#identity", TextField).value.strip()
        if self.is_working:
            self._show_hint("A check is running. Wait a moment.")
        elif self._has_no_backups:
            self._show_hint(self._no_backups_text())
        elif not identity and not self.query_one("#under-passphrase").display:
            self._show_hint(_NO_IDENTITY)
        else:
            try:
                identities = read_identity(os.path.expanduser(identity)) if identity else None
            except CsrtuiError as error:
                self._show_hint(error.message)
            else:
                self._verify(passphrase if passphrase.encoded else None, identities)

    def show_progress(self, line: ProgressLine, item: Result) -> None:
        """Show the pair that was verified."""
        line.advance(item.pair or "")

    def show_results(self, results: Sequence[Result]) -> None:
        """Show the results."""
        self._results = results
        self._show_fields()
        if self._is_restore_test:
            self.query_one("#passphrase", SecretField).select_text()
        self.draw()

    # Work

    def _show_fields(self) -> None:
        """Show the identity field if a backup is encrypted to recipients, and the passphrase field if it is needed."""
        files = [result.file for result in self._results if result.file]
        to_recipients = [file for file in files if file.endswith(Envelope.AGE.value)]
        needs_passphrase = any(result.text == KEY_IS_LOCKED for result in self._results)
        self._has_locked_key = self._has_locked_key or needs_passphrase
        under_passphrase = self._has_locked_key or len(to_recipients) < max(len(files), 1)
        self.display_fields({"#to-recipients": bool(to_recipients), "#under-passphrase": under_passphrase})
        if needs_passphrase:
            self.set_focus(self.query_one("#passphrase"))

    def _verify(self, passphrase: Secret | None, identities: bytes | None = None) -> None:
        names = names_of(self.group.pairs)
        self._is_restore_test = passphrase is not None or identities is not None
        self._results = ()
        self._hint = ""

        def work(report: Callable[[Result], None], stop: Event) -> Sequence[Result]:
            return verify_many(self._session, names, passphrase, identities, on_result=report, cancel=stop)

        self.begin(len(names), work)
        self.draw()

    @property
    def _has_no_backups(self) -> bool:
        """Whether no pair of the group has a backup."""
        return bool(self._results) and all(result.text == NO_BACKUP for result in self._results)

    def _no_backups_text(self) -> str:
        return f"No backup to restore. Press Esc, then {self.key_of('back_up')} to make one."

    def _show_hint(self, hint: str) -> None:
        self._hint = hint
        self.draw()

    def draw(self) -> None:
        """Redraw the dialog."""
        count, gap = len(self.group.pairs), self.gap
        subject = names_of(self.group.pairs)[0] if count == 1 else f"{count} pairs"
        self.show_title(f"Verify the backups of {subject}")
        input_help = _IDENTITY_HELP if self.query_one("#to-recipients").display else _TEST_HELP
        if self._is_restore_test and self._results and all(result.ok for result in self._results):
            input_help = ""
        hint = self._hint or (self._no_backups_text() if self._has_no_backups else input_help)
        notes = self.candidate_lines() or self.lines(hint, "warning" if self._hint else "label")
        self.show("#notes", [*gap, *notes])
        lines: list[Line] = [*gap, *self.lines(self._summary(), "strong")]
        for result in sorted(self._results, key=lambda result: result.ok):
            lines += self._result_lines(result)
        test = (("Enter", "Restore test" if self.inner_width >= _WIDE else "Test"),)
        enter = CHOICE_KEYS if isinstance(self.focused, ChoiceField) else () if self._has_no_backups else test
        self.show_list(lines, *enter, ("Esc", "Close"))

    def _summary(self) -> str:
        if self.is_working:
            return "Testing the restore …" if self._is_restore_test else "Checking …"
        if self._has_no_backups:
            return "There is nothing to verify:"
        count, good = len(self._results), sum(result.ok for result in self._results)
        verdict = "restorable" if self._is_restore_test else "unchanged"
        if count == 1:
            problem = _MAY_BE_WRONG if self._has_wrong_passphrase else "The backup has a problem:"
            return f"The backup is {verdict}." if good else problem
        hint = f" {_MAY_BE_WRONG}" if self._has_wrong_passphrase else ""
        return f"{good} of {count} backups {'is' if good == 1 else 'are'} {verdict}.{hint}"

    @property
    def _has_wrong_passphrase(self) -> bool:
        """Whether there is a key that the passphrase does not open."""
        return any(result.text == NOT_OPENED for result in self._results)

    def _result_lines(self, result: Result) -> list[Line]:
        style = "" if result.ok else "error"
        text, file = self.with_keys(f"{result.pair}: {result.text}"), result.file or ""
        lines = hanging("- ", f"{text}, {file}" if file else text, self.inner_width, style, style)
        if not file or len(lines) == 1:
            return lines
        return [
            *hanging("- ", text, self.inner_width, style, style),
            *hanging("  ", file, self.inner_width, style, style),
        ]
