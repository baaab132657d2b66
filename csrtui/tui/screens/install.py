"""Installing a certificate: for which server software, into which folder; what will be written is shown before."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.keys.passphrase_quality import refusal, strength
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.servers.file_layout import FileForm
from csrtui.core.servers.guide import guide_lines, plan_lines
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.tasks.export import ExportSpec, Ready, export, planned, prepare
from csrtui.tui.screens.ahead import PlaceDialog
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.screens.reading import text_lines
from csrtui.tui.screens.written import written_page
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.core.servers.deployment import DeploymentPlan
    from csrtui.tasks.session import Session
    from csrtui.tui.screens.reading import Page
    from csrtui.tui.widgets.text_block import Line

_STRENGTHS = (
    (Strength.AES.name, "AES-256"),
    (Strength.LEGACY.name, "3DES, for Windows Server 2016 and older"),
)
_NO_FOLDER = "Name the folder that the files go to; it has to be there."
_WAY_BACK = "The cursor stands behind the folder: Up goes back to it."
_NOT_PUT_IN = "What you pasted has several lines or characters that cannot be typed: nothing was put in."
_SHORT = 20
"""Lines of a screen below which the dialog has no empty ones."""
_EMPTY = 4
_AROUND = 6
"""Lines of the dialog around notes and plan: its frame, its title, server, folder, and the keys."""


@dataclass(frozen=True, slots=True)
class InstallAnswer:
    """What came of the dialog.

    Attributes:
        typed: The folder typed if it will do, else the one that the dialog began with.
        told: What happened, in a line; empty when nothing was written.
        pages: What was written, and what is to be done with it; empty when nothing was written.
    """

    typed: str
    told: str = ""
    pages: Sequence[Page] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """An order that can be carried out, and what it will write."""

    ready: Ready
    plan: DeploymentPlan


class InstallScreen(PlaceDialog[InstallAnswer], DoingDialog[InstallAnswer]):
    """Asks what for and where to, shows what will be written, and writes it; never over a file that is there.

    Args:
        session: Whose store.
        pair: Which pair.
        typed: What the folder's field begins with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("enter", "next", "Next", show=False),
        Binding("down,tab", "step(1)", "Next field", show=False),
        Binding("up,shift+tab", "step(-1)", "Field before", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    class Looked(Message):
        """It is known whether an order can be carried out.

        Args:
            order: Which.
            found: What it will write, or why it cannot be.
        """

        def __init__(self, order: ExportSpec, found: _Seen | CsrtuiError) -> None:
            super().__init__()
            self.order = order
            self.found = found

    def __init__(self, session: Session, pair: Pair, typed: str = "") -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._typed = typed
        self._seen: tuple[ExportSpec, _Seen | CsrtuiError] | None = None

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        known = self._pair.record.platform
        servers = [(one.id, one.label) for one in PLATFORMS.values()]
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield ChoiceField("Server", servers, known if known in PLATFORMS else OTHER, id="server")
            yield from labelled(("Folder", TextField(self._typed, "where the files go", id="folder")))
            with Vertical(id="pkcs12", classes="fields"):
                yield ChoiceField("Encryption", _STRENGTHS, Strength.AES.name, id="strength")
                yield from labelled(
                    ("Passphrase", SecretField("of the file, which holds the key", id="passphrase")),
                    ("Again", SecretField("the same", id="again")),
                )
            if self._pair.record.key.encrypted:
                yield from labelled(
                    ("Key's own", SecretField("passphrase of the key in the store", id="own"))
                )
            yield TextBlock(id="notes")
            yield TextView(id="plan")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start in the folder."""
        field = self.query_one("#folder", TextField)
        self.set_focus(field)
        field.cursor_position = len(field.value)
        self.query_one(
            "#plan", TextView
        ).can_focus = False  # Page Down reads on; the arrows go through the fields
        self._changed()

    # What is asked for

    @property
    def _folder(self) -> str:
        return self.query_one("#folder", TextField).value.strip()

    @property
    def _order(self) -> ExportSpec:
        platform = PLATFORMS[self.query_one("#server", ChoiceField).value]
        order = ExportSpec(self._pair.name, platform, os.path.expanduser(self._folder))
        if order.server.form is not FileForm.PKCS12:
            return order
        chosen = Strength[self.query_one("#strength", ChoiceField).value]
        return ExportSpec(order.pair, platform, order.folder, chosen)

    def _secret(self, name: str) -> Secret:
        return self.query_one(f"#{name}", SecretField).secret()

    @property
    def _found(self) -> _Seen | CsrtuiError | None:
        """What is to be said of the order as it stands; None until it is known, or while no folder is named."""
        return self._seen[1] if self._seen is not None and self._seen[0] == self._order else None

    # Events

    def on_choice_field_changed(self) -> None:
        """Look at what is chosen now."""
        self._changed()

    def on_input_changed(self) -> None:
        """Look at the folder as it is typed."""
        self._changed()

    def on_secret_field_changed(self) -> None:
        """Forget what was wrong with the one before."""
        self.error = None
        self.draw()

    def on_install_screen_looked(self, event: Looked) -> None:
        """Say what is known now, and go on if that was waited for; a look at what stood there before says nothing."""
        event.stop()
        if event.order != self._order:
            return
        self._seen = (event.order, event.found)
        self.settle_look("#folder", event.found if isinstance(event.found, CsrtuiError) else None)

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self.fail(InputError(_NOT_PUT_IN))

    def on_text_field_left_out(self) -> None:
        """Say that something was left out."""
        self.fail(InputError(_NOT_PUT_IN))

    def on_input_submitted(self) -> None:
        """Go on."""
        self.action_next()

    def on_secret_field_submitted(self) -> None:
        """Go on."""
        self.action_next()

    def action_cancel(self) -> None:
        """Write nothing; a folder that will do is there the next time."""
        self.when_done(self._give_back)

    def _give_back(self) -> None:
        self.dismiss(InstallAnswer(self._folder if isinstance(self._found, _Seen) else self._typed))

    def action_page(self, step: int) -> None:
        """Move through what is read."""
        self.query_one("#plan", TextView).action_page(step)

    def action_step(self, step: int) -> None:
        """Go to another field; to one of those that what was chosen just now asks for, however fast one types."""
        self._show_fields()
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_next(self) -> None:
        """Go on to the next field that is shown, or from the last one write."""
        self._show_fields()
        fields = ["server", "folder"]
        if self._order.server.form is FileForm.PKCS12:
            fields += ["strength", "passphrase", "again"]
        if self._pair.record.key.encrypted:
            fields.append("own")
        at = self.focused.id if self.focused else None
        place = fields.index(at) if at in fields else len(fields) - 1
        if place == len(fields) - 1:
            self._go_on()
        elif at == "folder":
            self._leave_folder(f"#{fields[place + 1]}")
        else:
            self.query_one(f"#{fields[place + 1]}").focus()

    def _leave_folder(self, following: str) -> None:
        """Go on to the next field, unless the folder will not do: then it is looked at again before."""

        def leave() -> None:
            if self.query_one("#folder").has_focus:
                self.query_one(following).focus()

        if self._is_early:
            self.fail(InputError(self._too_early()))
        elif not self._folder:
            self.fail(InputError(_NO_FOLDER))
        elif isinstance(self._found, CsrtuiError):
            self._look_again(leave)
        elif self._found is None:
            self.go_ahead(following)
        else:
            leave()

    # Looking

    def _changed(self) -> None:
        self.error, self._then = None, None
        self._show_fields()
        self._look_unless_known()
        self.draw()

    def _look_again(self, then: Callable[[], None]) -> None:
        """Do something if the order can be carried out by now; until it is known, nothing more is asked."""
        is_under_way = self._found is None
        self.error, self._then = None, then
        if not is_under_way:
            self._seen = None
            self._look_unless_known()
        self.draw()

    def _look_unless_known(self) -> None:
        order = self._order
        if order.folder and self._found is None:
            self.run_worker(lambda: self._look(order), thread=True, group="look")

    def _show_fields(self) -> None:
        self.query_one("#pkcs12").display = self._order.server.form is FileForm.PKCS12

    def _look(self, order: ExportSpec) -> None:
        found: _Seen | CsrtuiError
        try:
            ready = prepare(self._session, order)
            found = _Seen(ready, planned(ready))
        except CsrtuiError as error:
            found = error
        self.post_message(self.Looked(order, found))

    # Writing

    def _go_on(self) -> None:
        found = self._found
        if self._is_early:
            self.fail(InputError(self._too_early()))
        elif not self._folder:
            self.fail(InputError(_NO_FOLDER), "#folder")
        elif isinstance(found, _Seen):
            self._write_unless_wrong(found.ready)
        else:
            self._look_again(self._go_on)

    def _write_unless_wrong(self, ready: Ready) -> None:
        file = self._secret("passphrase") if ready.needs_file_passphrase else None
        own = self._secret("own") if ready.needs_key_passphrase else None
        if file is not None and not file.encoded:
            self.fail(InputError("The file holds the key: type a passphrase for it."), "#passphrase")
        elif file is not None and file != self._secret("again"):
            self.fail(InputError("The two are not the same: type the passphrase again."), "#again")
        elif file is not None and (refused := refusal(file)) is not None:
            self.fail(refused, "#passphrase")
        elif own is not None and not own.encoded:
            self.fail(InputError("Type the passphrase that the key is under in the store."), "#own")
        else:
            self.begin(self._write(ready, file, own))
            self.draw()

    async def _write(self, ready: Ready, file: Secret | None, own: Secret | None) -> None:
        exported = await asyncio.to_thread(
            export, self._session, ready, key_passphrase=own, file_passphrase=file
        )
        server = ready.order.platform.label
        told = f"{visible(ready.order.pair)}: {plural(len(exported.results), 'file')} written for {server}"
        self.dismiss(InstallAnswer(self._folder, told, (written_page(ready, exported),)))

    def fail(self, error: CsrtuiError, field: str | None = None) -> None:
        """Say what is wrong; what waited for a look is off."""
        self.error, self._then = error, None
        if field is not None:
            self.point_to(field)
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        height = self.app.size.height
        gap: list[Line] = [] if height < _SHORT else [()]
        fields = 3 * self.query_one("#pkcs12").display + self._pair.record.key.encrypted
        room = height - _AROUND - fields - _EMPTY * len(gap)
        notes = self._notes()[: max(room - 1, 1)]
        self.show("#about", [*self.lines(f"Install {self._pair.name}", "strong")[:1], *gap])
        self.show("#notes", [*gap, *notes, *gap])
        lines = [line for text in self._read() for line in text_lines(visible(text), self.inner_width)]
        view = self.query_one("#plan", TextView)
        view.styles.height = max(room - len(notes), 1)
        view.show_all(lines)
        more = [("PgDn", "More")] if len(lines) > room - len(notes) else []
        self.show("#keys", [*gap, *self.key_lines(("Enter", "Write"), *more, ("Esc", "Cancel"))])

    def _notes(self) -> list[Line]:
        """What is wrong, or else what is to be known before anything is written."""
        found = self._found
        back = self.lines(_WAY_BACK, "label") if self.is_in_secret and not isinstance(found, _Seen) else []
        if self.error is not None:
            return [*self.error_lines(self.error), *back]
        if self._is_doing:
            return self.lines("writing …", "strong")
        if self._is_early:
            return self.lines(self._too_early(), "warning")
        if isinstance(found, CsrtuiError):
            return [*self.error_lines(found), *back]
        if found is None:
            return self.lines(_NO_FOLDER if not self._folder else "looking at the folder …", "label")
        said = [line for text in found.ready.warnings for line in self.lines(text, "warning")]
        if found.ready.needs_file_passphrase and (how := strength(self._secret("passphrase"))):
            said += self.lines(how, "label")
        return said or self.lines("Nothing is written over a file that is there.", "label")

    @property
    def _is_early(self) -> bool:
        """Whether there is no certificate yet, as far as is known."""
        return not self._pair.has_certificate and not isinstance(self._found, _Seen)

    def _too_early(self) -> str:
        return (
            f"{visible(self._pair.name)} has no certificate yet: there is nothing to install. "
            f"Once the CA has issued it: Esc, then {self.key_of('import')} imports it."
        )

    def _read(self) -> list[str]:
        order, found = self._order, self._found
        if isinstance(found, _Seen):
            return plan_lines(order.server, found.plan, order.pair, found.ready.folder, self.inner_width)
        return guide_lines(order.platform, width=self.inner_width)[2:]
