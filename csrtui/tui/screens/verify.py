"""Looking at backups again: at once whether they are there and unchanged, and with a passphrase a restore test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.backups.backup_file import Envelope
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup_contents import KEY_IS_LOCKED
from csrtui.tasks.verify import NO_BACKUP, verify_many
from csrtui.tui.groups import choices
from csrtui.tui.screens.dialog import SHORT, labelled
from csrtui.tui.screens.working import WorkingDialog
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.secret import Secret
    from csrtui.tasks.batch import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.screens.working import Report
    from csrtui.tui.widgets.text_block import Line

_AROUND = 6
"""Lines of the dialog around its list: the frame, its title, the passphrase, the bar, and one before what Enter does."""
_WIDE = 50
"""A dialog with fewer cells in a line has shorter words under it."""
_ABOUT_ENTER = "With the passphrase, Enter restores each backup for proof, and keeps nothing of it."
_ABOUT_IDENTITY = (
    "With the identity, Enter restores each backup to recipients for proof. "
    "Where the identity is on another machine, run there: csrtui verify FILE --identity IDENTITY"
)
_NO_IDENTITY = "Name the age identity or ssh private key that opens the backups."


class VerifyScreen(WorkingDialog[None]):
    """Looks at the backups of pairs, without a passphrase at first.

    Args:
        session: Whose pairs.
        groups: The pairs that can be looked at together; at least one group.
    """

    DEFAULT_CSS = """
    VerifyScreen #under-passphrase, VerifyScreen #to-recipients { height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(self, session: Session, groups: Sequence[Group]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups
        self._results: Sequence[Result] = ()
        self._tested = False
        self._hint = ""
        self._has_locked_key = False

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            if len(self._groups) > 1:
                yield ChoiceField("Pairs", choices(self._groups), "0", id="group")
            with Vertical(id="under-passphrase"):
                yield from labelled(("Passphrase", SecretField("of the backups", id="passphrase")))
            with Vertical(id="to-recipients") as row:
                yield from labelled(("Identity", TextField("", "path of the age identity", id="identity")))
            row.display = False
            yield ProgressLine(id="progress")
            yield TextView(id="results")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Look at once whether the files are there and unchanged."""
        self.set_focus(self.query_one("#passphrase"))  # at once: the first frame shows it
        self._look(None)

    @property
    def group(self) -> Group:
        """The pairs whose backups are looked at."""
        chosen = next((field.value for field in self.query("#group").results(ChoiceField)), "0")
        return self._groups[int(chosen)]

    # Events

    def on_choice_field_changed(self) -> None:
        """Look at the backups of these pairs."""
        self._has_locked_key = False
        self._look(None)

    def on_secret_field_changed(self) -> None:
        """Forget what was said of what was typed before."""
        if self._hint:
            self._hint = ""
            self.draw()

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self._say("A passphrase is one line: nothing of what you pasted was put in.")

    def on_text_field_left_out(self) -> None:
        """Say that nothing was put in."""
        self._say("What you pasted has characters that cannot be typed: nothing was put in.")

    def on_input_changed(self) -> None:
        """Forget what was said of what was typed before."""
        self.on_secret_field_changed()

    def on_secret_field_submitted(self) -> None:
        """Restore for proof, or look again."""
        self._test()

    def on_input_submitted(self) -> None:
        """Restore for proof."""
        self._test()

    def _test(self) -> None:
        passphrase = self.query_one("#passphrase", SecretField).secret()
        identity = self.query_one("#identity", TextField).value.strip()
        if self.is_working:
            self._say("still looking; wait a moment")
        elif self._is_bare:
            self._say(self._bare())
        elif not identity and not self.query_one("#under-passphrase").display:
            self._say(_NO_IDENTITY)
        else:
            try:
                identities = read_identity(os.path.expanduser(identity)) if identity else None
            except CsrtuiError as error:
                self._say(error.what)
            else:
                self._look(passphrase if passphrase.encoded else None, identities)

    def action_close(self) -> None:
        """Go back; what was found is noted with the pairs."""
        self.dismiss(None)

    def action_page(self, step: int) -> None:
        """Move through what was found."""
        self.query_one("#results", TextView).action_page(step)

    def show_results(self, results: Sequence[Result]) -> None:
        """Show what was found."""
        self._results = results
        self._show_fields()
        if self._tested:
            self.query_one("#passphrase", SecretField).select_text()
        self.draw()

    # How

    def _show_fields(self) -> None:
        """Ask for an identity if a backup is one to recipients, and for a passphrase if something is under one."""
        files = [result.file for result in self._results if result.file]
        to_recipients = [file for file in files if file.endswith(Envelope.AGE.value)]
        needs_passphrase = any(result.text == KEY_IS_LOCKED for result in self._results)
        self._has_locked_key = self._has_locked_key or needs_passphrase
        under_passphrase = self._has_locked_key or len(to_recipients) < max(len(files), 1)
        self.query_one("#to-recipients").display = bool(to_recipients)
        self.query_one("#under-passphrase").display = under_passphrase
        if not under_passphrase and isinstance(self.focused, SecretField):
            self.set_focus(self.query_one("#identity"))
        elif needs_passphrase:
            self.set_focus(self.query_one("#passphrase"))

    def _look(self, passphrase: Secret | None, identities: bytes | None = None) -> None:
        names = self.group.names
        self._tested = passphrase is not None or identities is not None
        self._results = ()
        self._hint = ""

        def work(report: Report, stop: Event) -> Sequence[Result]:
            return verify_many(self._session, names, passphrase, identities, report=report, stop=stop)

        self.begin(len(names), work)
        self.draw()

    @property
    def _is_bare(self) -> bool:
        """Whether there is no backup of any of the pairs."""
        return bool(self._results) and all(result.text == NO_BACKUP for result in self._results)

    def _bare(self) -> str:
        what = "There is no backup" if len(self._results) == 1 else "There are no backups"
        return f"{what} to restore: Esc, then {self.key_of('back_up')} makes one."

    def _say(self, hint: str) -> None:
        self._hint = hint
        self.draw()

    def draw(self) -> None:
        """Show everything anew."""
        count = len(self.group.pairs)
        what = self.group.names[0] if count == 1 else f"{count} pairs"
        gap: list[Line] = [] if self.app.size.height < SHORT else [()]
        about = [*self.lines(f"Verify the backups of {what}", "strong"), *gap]
        self.show("#about", about)
        lines: list[Line] = [*gap, *self.lines(self._summed_up(), "strong")]
        for result in sorted(self._results, key=lambda result: result.ok):
            lines += self._result_lines(result)
        view = self.query_one("#results", TextView)
        rows = [row for row in ("#under-passphrase", "#to-recipients") if self.query_one(row).display]
        about_enter = _ABOUT_IDENTITY if "#to-recipients" in rows else _ABOUT_ENTER
        hint = self._hint or (self._bare() if self._is_bare else about_enter)
        below = [*gap, *self.lines(hint, "warning" if self._hint else "label"), *gap]
        keys = self._keys(more=False)
        around = _AROUND + len(rows) - 1 + len(about) - 1 + len(self.query("#group")) + len(below)
        if len(lines) > self.app.size.height - around - len(keys):
            keys = self._keys(more=True)
        view.styles.height = max(min(len(lines), self.app.size.height - around - len(keys)), 2)
        view.show_all(lines)
        self.show("#keys", [*below, *keys])

    def _keys(self, *, more: bool) -> list[Line]:
        page = [("PgDn", "More")] if more else []
        test = "Restore test" if self.inner_width >= _WIDE else "Test"
        return self.key_lines(("Enter", test), *page, ("Esc", "Close"))

    def _summed_up(self) -> str:
        if self.is_working:
            return "Restoring for proof …" if self._tested else "Looking …"
        count, good = len(self._results), sum(result.ok for result in self._results)
        one = "is restored and fits" if self._tested else "is there and unchanged"
        if count == 1:
            return f"The backup {one}." if good else "That is not as it should be:"
        several = "are restored and fit" if self._tested else "are there and unchanged"
        return f"{good} of {count} {one if good == 1 else several}."

    def _result_lines(self, result: Result) -> list[Line]:
        text = f"{result.pair}: {result.text}{f', {result.file}' if result.file else ''}"
        first, *rest = wrap(visible(text), self.inner_width - 2)
        manner = "" if result.ok else "error"
        return [((f"- {first}", manner),), *(((f"  {line}", manner),) for line in rest)]
