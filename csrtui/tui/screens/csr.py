"""A screen with only the CSR. It starts at the left edge, so that the user can select it in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from csrtui.core.certificates import csr
from csrtui.tui.commands import Scope, bindings
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class CsrScreen(CommandScreen[None]):
    """A screen that shows a CSR as PEM.

    Args:
        request: The CSR.
    """

    place: ClassVar[Scope] = Scope.PAGES
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.PAGES)]

    def __init__(self, request: csr.Request) -> None:
        super().__init__()
        self._request = request

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextView(id="csr")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Show the CSR."""
        pem = csr.to_pem(self._request.der).decode("ascii")
        view = self.query_one("#csr", TextView)
        view.show_all([((line, ""),) for line in pem.splitlines()])
        view.focus()
        self.show_bar(Scope.PAGES, {"help"})
