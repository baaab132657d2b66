"""The question before files are replaced, and the page after an export: the files, and the remaining steps."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csrtui.core.base.escaping import plural, visible
from csrtui.core.servers.guide import note_lines, query_lines, snippet_lines
from csrtui.store.file_set import PREVIOUS
from csrtui.store.permissions import DEFAULT_ACCESS, AccessError, FileAccess, resolve_access
from csrtui.tasks.pair_text import platform_label
from csrtui.tasks.session import csrtui_command
from csrtui.tui.commands import commands_of, key_of
from csrtui.tui.messages import server_with_keys, with_keys
from csrtui.tui.modals.questions import ask
from csrtui.tui.screens.text_pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App

    from csrtui.core.servers.deployment import DeploymentPlan
    from csrtui.tasks.export import ExportResult, PreparedExport
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command


@dataclass(frozen=True, slots=True)
class InstallAnswer:
    """The result of the dialog: a message, and a page with the written files and the remaining steps."""

    message: str
    page: Page


@dataclass(frozen=True, slots=True)
class InstallPreview:
    """A prepared export, and the files that it will write."""

    prepared: PreparedExport
    plan: DeploymentPlan

    def key_mode(self, mode: str | None) -> int:
        """Return the mode of the files with the key. A typed mode that is not valid counts as none."""
        endings = [file.ending for file in self.plan.files if file.has_key]
        existing = next(
            (self.prepared.existing.files[end] for end in endings if end in self.prepared.existing.files),
            None,
        )
        status = existing.status if existing is not None else None
        with suppress(AccessError):
            return resolve_access(FileAccess(group="0", mode=mode), status).mode  # only the mode matters
        return resolve_access(DEFAULT_ACCESS, status).mode


def install_answer(
    session: Session, prepared: PreparedExport, exported: ExportResult, commands: Sequence[Command]
) -> InstallAnswer:
    """Return the result of the dialog after an export. `commands` are those of the screens, with the keys of the user."""
    pair, server = visible(prepared.spec.pair), platform_label(prepared.spec.platform.id)
    verb = "replaced" if prepared.existing.files else "written"
    message = f"{pair}: {plural(len(exported.results), 'file')} {verb} for {server}"
    title = f"Install {prepared.spec.pair} · {server}"
    return InstallAnswer(
        message, Page(title, lambda width: _lines(session, prepared, exported, commands, width))
    )


def ask_to_replace(app: App[Any], prepared: PreparedExport, act: Callable[[], object]) -> None:
    """Ask before files are replaced. If the user agrees, call `act`."""
    existing = prepared.existing
    key = key_of("undo_install", commands_of(app))
    text = (
        f"{', '.join(existing.names)}: the previous set goes to {PREVIOUS} in the same folder. "
        f"{key} in the keystore puts it back."
    )
    ask(app, f"Replace {plural(len(existing.files), 'file')}?", text, "Replace", act)


def _lines(
    session: Session,
    prepared: PreparedExport,
    exported: ExportResult,
    commands: Sequence[Command],
    width: int,
) -> list[str]:
    server = server_with_keys(prepared.spec.server, commands)
    lines = ["Written:"]
    for result in exported.results:
        lines += [f"  {result.file}", f"    {result.text.removeprefix('written, ')}"]
    if any(result.text.startswith("replaced") for result in exported.results):
        previous = os.path.join(prepared.folder, PREVIOUS)
        lines += [
            "",
            f"Previous set ({key_of('undo_install', commands)} in the keystore puts it back):",
            f"  {previous}",
        ]
    if exported.record_error is not None:
        lines += ["", f"Warning: {exported.record_error.message}"]
    return [
        *lines,
        *(line for text in prepared.warnings for line in ("", f"Warning: {with_keys(text, commands)}")),
        *snippet_lines(exported.plan.snippets),
        "",
        *note_lines(server, width),
        *query_lines(server, prepared.domain, csrtui_command(session, "served", prepared.spec.pair)),
    ]
