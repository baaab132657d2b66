"""What was written for a server software, and what is left to do with it, as a page to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.servers.guide import block_lines, note_lines
from csrtui.tui.screens.reading import Page

if TYPE_CHECKING:
    from csrtui.tasks.export import Exported, Ready


def written_page(ready: Ready, exported: Exported) -> Page:
    """Return the page on an order that was carried out."""
    order = ready.order
    return Page(
        f"Install {order.pair} · {order.platform.label}", lambda width: _lines(ready, exported, width)
    )


def _lines(ready: Ready, exported: Exported, width: int) -> list[str]:
    deployment = exported.deployment
    lines = ["Written:"]
    for result in exported.results:
        lines += [f"  {result.file}", f"    {result.text.removeprefix('written, ')}"]
    if exported.unnoted is not None:
        lines += ["", f"But: {exported.unnoted.what}"]
    return [
        *lines,
        *(line for warning in ready.warnings for line in ("", f"Warning: {warning}")),
        *block_lines((*deployment.blocks, *deployment.commands)),
        "",
        *note_lines(ready.order.server, width),
    ]
