"""The dialog that exports a pair for server software into a folder, with a preview of the files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.keys.passphrase_quality import strength
from csrtui.core.servers.deployment import Strength
from csrtui.core.servers.guide import install_lines, plan_lines
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.core.servers.server import FileFormat
from csrtui.store.path_completion import PathKind
from csrtui.store.permissions import AccessError, FileAccess, assignable_owner
from csrtui.tasks.export import ExportSpec, PreparedExport, export, plan_deployment, prepare_export
from csrtui.tui.commands import commands_of
from csrtui.tui.messages import server_with_keys
from csrtui.tui.modals.folder_base import FolderModal
from csrtui.tui.modals.form_base import NEXT_FIELD
from csrtui.tui.modals.install_page import InstallAnswer, InstallPreview, ask_to_replace, install_answer
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import cut_lines, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

ACCESS_HELP: Final = {
    "owner": "The owner of the files with the key. Empty: you, or as the replaced file.",
    "group": "The group of the files with the key. It can read them if the mode is 640.",
    "mode": "The mode of the files with the key: 600 (owner only) or 640 (owner and group).",
}
"""A sentence for each field, by its id."""


class AccessFields(Horizontal):
    """Three fields with the ids ``owner``, ``group`` and ``mode``. An empty field means the default."""

    DEFAULT_CSS = """
    AccessFields { height: 1; }
    AccessFields #group { margin: 0 1; }
    AccessFields #mode { width: 10; }
    """

    def compose(self) -> ComposeResult:
        """Build the fields."""
        yield TextField(placeholder="owner", id="owner")
        yield TextField(placeholder="group", id="group")
        yield TextField(placeholder="mode 600", id="mode")

    @property
    def access(self) -> FileAccess:
        """The typed values."""
        texts = [self.query_one(f"#{field}", TextField).value.strip() or None for field in ACCESS_HELP]
        return FileAccess(*texts)

    def suggest_owner(self, owner: str | None) -> None:
        """Fill in an owner if csrtui can set it and the user has not typed one."""
        field, text = self.query_one("#owner", TextField), assignable_owner(owner)
        if field.value != text and not field.is_typed and not field.has_focus:
            with self.prevent(TextField.Changed):
                field.load_text(text)


_STRENGTHS = (
    (Strength.AES.name, "AES-256"),
    (Strength.LEGACY.name, "3DES, for Windows Server 2016 and older"),
)


class InstallModal(FolderModal[InstallAnswer | None, InstallPreview]):
    """A dialog that asks for server and folder, previews the files and writes them.

    Files of this pair, or of one that it renews, are replaced if the user agrees. No other file is overwritten.

    Args:
        folder: The initial text of the folder field, if it is not known where the pair was installed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,tab", "step(1)", "Next field", show=False),
        Binding("up,shift+tab", "step(-1)", "Previous field", show=False),
    ]
    FIRST_FOCUS = "#folder"
    LIST_LINES = 1000  # all that the screen permits, so that the dialog keeps its height
    NO_FOLDER = "Enter an existing folder. Tab completes it."

    PASTE_REFUSED = CHARACTERS_REMOVED = "The paste has several lines or invalid characters and was ignored."

    def __init__(self, session: Session, pair: Pair, folder: str = "") -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._default_folder = folder

    def content(self) -> Iterable[Widget]:
        """Return the choices, the fields, the notes, and the plan."""
        platform = self._pair.record.platform
        servers = [(known.id, known.label) for known in PLATFORMS.values()]
        yield ChoiceField("Server", servers, platform if platform in PLATFORMS else OTHER, id="server")
        server = self._pair.record.server
        path = self.kept_text("folder", self._default_folder)
        path = server.folder if server and server.platform == platform else path
        folder = PathField(path, "destination folder", PathKind.FOLDER, id="folder")
        yield LabelledFields(("Folder", folder))
        with Vertical(id="pkcs12"):
            yield ChoiceField("Encryption", _STRENGTHS, Strength.AES.name, id="strength")
            yield LabelledFields(
                ("Passphrase", SecretField("for the file with the key", id="passphrase")),
                ("Again", SecretField("repeat it", id="again")),
            )
        if self._pair.record.key.encrypted:
            yield LabelledFields(
                ("Stored key", SecretField("passphrase of the key in the keystore", id="own"))
            )
        yield LabelledFields(("Key's owner", AccessFields()))
        yield TextBlock(id="notes")
        yield TextView(id="plan", can_focus=False)  # PgDn scrolls it; the arrow keys move between the fields

    def on_mount(self) -> None:
        """Prepare the export for the initial folder."""
        self._handle_change()
        self.start_check()

    # Input

    @property
    def _spec(self) -> ExportSpec:
        platform = PLATFORMS[self.query_one("#server", ChoiceField).value]
        spec = ExportSpec(self._pair.name, platform, self.folder, replaces=True)
        if spec.server.format is not FileFormat.PKCS12:
            return spec
        strength = Strength[self.query_one("#strength", ChoiceField).value]
        return replace(spec, strength=strength)

    def checked_input(self) -> ExportSpec:
        """Return the export that the input describes."""
        return self._spec

    def check(self, checked_input: Any) -> InstallPreview:
        """Return the preview of the files."""
        prepared = prepare_export(self._session, checked_input)
        return InstallPreview(prepared, plan_deployment(prepared))

    # Events

    def texts_to_keep(self) -> dict[str, str]:
        """Return the folder if it can be used."""
        return super().texts_to_keep() if isinstance(self.check_result, InstallPreview) else {}

    @property
    def _fields(self) -> list[str]:
        """The ids of the visible fields, in order, except those for the owner, group and mode."""
        fields = ["server", "folder"]
        if self._spec.server.format is FileFormat.PKCS12:
            fields += ["strength", "passphrase", "again"]
        return [*fields, "own"] if self._pair.record.key.encrypted else fields

    def action_step(self, step: int) -> None:
        """Show the fields that the choices require, then go to the next (step 1) or previous field (step -1)."""
        self._show_fields()
        fields = [*self._fields, *ACCESS_HELP]  # Textual's order is wrong until new fields are laid out
        current = self.focused.id if self.focused else None
        index = fields.index(current) + step if current in fields else 0
        self.set_focus(self.query_one(f"#{fields[index % len(fields)]}"))

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """Go to the next field, which the choice may have shown."""
        event.prevent_default()  # the base class does not know the order of fields that are not laid out yet
        self.action_step(1)

    @on(TextField.Submitted)
    @on(SecretField.Submitted)
    def action_next(self) -> None:
        """Go to the next required field. In the last one, and in those after it, write the files."""
        self._show_fields()
        following = self._following
        if following is None:
            self._submit()
        elif self.query_one("#folder").has_focus:
            self.leave_folder(following)
        else:
            self.query_one(following).focus()

    @property
    def _following(self) -> str | None:
        """The field to which Enter goes from the current one, or None if Enter writes the files."""
        # The encryption has a safe value, and Enter opens its list.
        fields = [field for field in self._fields if field != "strength"]
        current = self.focused.id if self.focused else None
        return f"#{fields[fields.index(current) + 1]}" if current in fields[:-1] else None

    def leave_folder(self, following: str) -> None:
        """Go from the folder to the next field, unless the pair has no certificate yet."""
        if self._is_early:
            self.fail(InputError(self._no_certificate_text()))
        else:
            super().leave_folder(following)

    # Check

    @on(ChoiceField.Changed)
    @on(TextField.Changed)
    def _handle_change(self) -> None:
        """Show the fields that the new input requires."""
        self._show_fields()
        self._suggest_owner()

    def check_created_folder(self) -> None:
        """Check the folder again."""
        self.check_again(self.draw)

    def _show_fields(self) -> None:
        self.display_fields({"#pkcs12": self._spec.server.format is FileFormat.PKCS12})

    def _suggest_owner(self) -> None:
        result = self.check_result
        replaces = isinstance(result, InstallPreview) and bool(result.prepared.existing.files)
        self.query_one(AccessFields).suggest_owner(None if replaces else self._spec.server.owner)

    def finish_check(self, error: CsrtuiError | None) -> None:
        """Show the preview, or the error that prevents the export, and continue the action that waited for the check."""
        self._suggest_owner()
        super().finish_check(error)

    # Write

    def _submit(self) -> None:
        result = self.check_result
        if self._is_early:
            self.fail(InputError(self._no_certificate_text()))
        elif not self.folder:
            self.fail(InputError(self.NO_FOLDER), "#folder")
        elif isinstance(result, InstallPreview):
            self._write_if_valid(result.prepared)
        else:
            self.check_again(self._submit)

    def _write_if_valid(self, prepared: PreparedExport) -> None:
        file_passphrase = self.secret_of("#passphrase") if prepared.needs_file_passphrase else None
        key_passphrase = self.secret_of("#own") if prepared.needs_key_passphrase else None
        missing = "The file contains the key. Type a passphrase for it."
        if file_passphrase is not None and not self.check_passphrase(missing):
            return
        if key_passphrase is not None and not key_passphrase.encoded:
            self.fail(InputError("Type the passphrase of the key in the store."), "#own")
        else:
            start = partial(self._start, prepared, file_passphrase, key_passphrase)
            write = partial(ask_to_replace, self.app, prepared, start) if prepared.existing.files else start
            if file_passphrase is not None:
                self.ask_if_weak(file_passphrase, write)
            else:
                write()

    def _start(
        self, prepared: PreparedExport, file_passphrase: Secret | None, key_passphrase: Secret | None
    ) -> None:
        self.begin(self._write(prepared, file_passphrase, key_passphrase))

    async def _write(
        self, prepared: PreparedExport, file_passphrase: Secret | None, key_passphrase: Secret | None
    ) -> None:
        access = self.query_one(AccessFields).access
        prepared = replace(prepared, spec=replace(prepared.spec, access=access))
        try:
            exported = await self.in_thread(
                lambda: export(
                    self._session, prepared, key_passphrase=key_passphrase, file_passphrase=file_passphrase
                )
            )
        except AccessError as error:
            self.focus_error(f"#{error.option}")
            raise
        except CsrtuiError:  # the folder may have changed since it was checked
            self._last_check = None
            self.start_check()
            raise
        self.dismiss(install_answer(self._session, prepared, exported, commands_of(self.app)))

    # Drawing

    @property
    def verb(self) -> str:
        """The label of Enter in the focused field."""
        return "Write" if self._following is None else NEXT_FIELD

    def keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys. Leave out the one that writes files if there is no certificate."""
        enter, *others = super().keys()
        return others if self._is_early and enter[1] == "Write" else (enter, *others)

    def draw(self) -> None:
        """Redraw the dialog."""
        gap, notes, plan = self.gap, self.query_one("#notes"), self.query_one("#plan")
        self.show_title(f"Install {self._pair.name}")
        keys = self.keys()
        self.show("#keys", [*gap, *self.key_lines(*keys)])
        room = self.room_for(notes, plan) - 2 * len(gap) - 1
        lines = cut_lines(self.candidate_lines() or self._notes(), max(room, 1), self.inner_width)
        self.show("#notes", [*gap, *lines, *gap])
        texts = (visible(self.with_keys(text)) for text in self._plan_lines())
        self.show_list([line for text in texts for line in text_lines(text, self.inner_width)], *keys)

    def _notes(self) -> list[Line]:
        """Return the lines of the error. Without an error, return the notes to read before the files are written."""
        result = self.check_result
        way_back = [] if isinstance(result, InstallPreview) else self.way_back("folder")
        if self.error is not None:
            return [*self.error_lines(self.error), *way_back]
        if self._is_busy:
            return self.lines("Writing …", "strong")
        if self._is_early:
            return self.lines(self._no_certificate_text(), "warning")
        if isinstance(result, CsrtuiError):
            return [*self.error_lines(result), *way_back]
        text = ACCESS_HELP.get(self.focused.id or "", "") if self.focused else ""
        if text or result is None:
            hint = "Checking the folder …" if self.folder else f"{self.NO_FOLDER}{self._mark_hint}"
            return self.lines(text or hint, "label")
        lines = [
            line for text in result.prepared.warnings for line in self.lines(self.with_keys(text), "warning")
        ]
        if result.prepared.needs_file_passphrase and (text := strength(self.secret_of("#passphrase"))):
            lines += self.lines(text, "label")
        if count := len(result.prepared.existing.files):
            lines += self.lines(f"Replaces {plural(count, 'file')}; the previous set is kept.", "warning")
        if result.prepared.spec.platform.id != self._pair.record.platform:
            text = f"Also changes the pair's server software to {result.prepared.spec.platform.label}."
            lines += self.lines(text, "label")
        files = plural(len(result.plan.files), "new file")
        return lines or self.lines(f"{files}; nothing is replaced.{self._mark_hint}", "label")

    @property
    def _mark_hint(self) -> str:
        """The hint for a certificate that may be installed without a record of it, with a space before it, or ""."""
        key = self.key_of("mark_installed")
        return "" if self._pair.record.installed else f" Installed already? Esc, then {key}."

    @property
    def _is_early(self) -> bool:
        """Whether the pair has no certificate yet, as far as csrtui can tell."""
        return not self._pair.has_certificate and not isinstance(self.check_result, InstallPreview)

    def _no_certificate_text(self) -> str:
        return (
            f"{visible(self._pair.name)} has no certificate yet. "
            f"When the CA has issued it, press Esc, then {self.key_of('import')} to import it."
        )

    def _plan_lines(self) -> list[str]:
        server, result = server_with_keys(self._spec.server, commands_of(self.app)), self.check_result
        if isinstance(result, InstallPreview):
            mode = result.key_mode(self.query_one(AccessFields).access.mode)
            return plan_lines(server, result.plan, result.prepared.folder, self.inner_width, mode)
        return install_lines(server, self.inner_width)
