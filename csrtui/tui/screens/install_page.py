"""The page shown after an export: the written files, and the remaining steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.servers.guide import note_lines, snippet_lines
from csrtui.tui.screens.page import Page

if TYPE_CHECKING:
    from csrtui.tasks.export import ExportResult, PreparedExport


def install_page(prepared: PreparedExport, exported: ExportResult) -> Page:
    """Return the page that is shown after an export."""
    spec = prepared.spec
    return Page(
        f"Install {spec.pair} · {spec.platform.label}", lambda width: _lines(prepared, exported, width)
    )


def _lines(prepared: PreparedExport, exported: ExportResult, width: int) -> list[str]:
    lines = ["Written:"]
    for result in exported.results:
        lines += [f"  {result.file}", f"    {result.text.removeprefix('written, ')}"]
    if exported.record_error is not None:
        lines += ["", f"Warning: {exported.record_error.message}"]
    return [
        *lines,
        *(line for warning in prepared.warnings for line in ("", f"Warning: {warning}")),
        *snippet_lines(exported.plan.snippets),
        "",
        *note_lines(prepared.spec.server, width),
    ]
