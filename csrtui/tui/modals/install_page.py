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
from csrtui.tasks.session import csrtui_command
from csrtui.tui.modals.questions import ask
from csrtui.tui.screens.text_pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from csrtui.core.servers.deployment import DeploymentPlan
    from csrtui.tasks.export import ExportResult, PreparedExport
    from csrtui.tasks.session import Session


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
    session: Session, prepared: PreparedExport, exported: ExportResult, undo_key: str
) -> InstallAnswer:
    """Return the result of the dialog after an export. `undo_key` is the key that puts the previous files back."""
    pair, server = visible(prepared.spec.pair), prepared.spec.platform.label
    verb = "replaced" if prepared.existing.files else "written"
    message = f"{pair}: {plural(len(exported.results), 'file')} {verb} for {server}"
    title = f"Install {prepared.spec.pair} · {server}"
    return InstallAnswer(
        message, Page(title, lambda width: _lines(session, prepared, exported, undo_key, width))
    )


def ask_to_replace(
    app: App[Any], session: Session, prepared: PreparedExport, act: Callable[[], object]
) -> None:
    """Ask before files are replaced. If the user agrees, call `act`."""
    existing = prepared.existing
    text = f"{', '.join(existing.names)}: the previous set goes to {PREVIOUS} in the same folder. To put it back:"
    title = f"Replace {plural(len(existing.files), 'file')}?"
    ask(app, title, text, "Replace", act, command=_undo_command(session, prepared))


def _undo_command(session: Session, prepared: PreparedExport) -> str:
    return csrtui_command(session, "export", prepared.spec.pair, "--undo")


def _lines(
    session: Session, prepared: PreparedExport, exported: ExportResult, undo_key: str, width: int
) -> list[str]:
    lines = ["Written:"]
    for result in exported.results:
        lines += [f"  {result.file}", f"    {result.text.removeprefix('written, ')}"]
    if any(result.text.startswith("replaced") for result in exported.results):
        previous = os.path.join(prepared.folder, PREVIOUS)
        lines += [
            "",
            "Previous set:",
            f"  {previous}",
            f"Put it back ({undo_key} in the keystore does the same):",
            f"  {_undo_command(session, prepared)}",
        ]
    if exported.record_error is not None:
        lines += ["", f"Warning: {exported.record_error.message}"]
    return [
        *lines,
        *(line for warning in prepared.warnings for line in ("", f"Warning: {warning}")),
        *snippet_lines(exported.plan.snippets),
        "",
        *note_lines(prepared.spec.server, width),
        *query_lines(
            prepared.spec.server, prepared.domain, csrtui_command(session, "served", prepared.spec.pair)
        ),
    ]
