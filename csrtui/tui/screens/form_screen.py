"""The commands of the request form, for every screen that shows the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tui.commands import Command
    from csrtui.tui.panes.request import RequestPane
    from csrtui.tui.widgets.request_form import RequestForm


class FormScreen(Screen[None]):
    """A screen with a `RequestPane`."""

    @property
    def request(self) -> RequestPane:
        """The request pane."""
        return cast("RequestPane", self.query_one("RequestPane"))

    def possible_now(self, commands: Sequence[Command]) -> list[Command]:
        """Return those of `commands` that can be used on the present advice."""
        return [command for command in commands if command.action not in self.request.impossible_commands]

    def tell(self, text: str) -> None:
        """Show a message in the message line."""
        raise NotImplementedError

    def on_request_form_notice(self, event: RequestForm.Notice) -> None:
        """Show a message of the form."""
        self.tell(event.text)

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.request.form.focus_step(1)

    def action_previous_field(self) -> None:
        """Go to the previous field."""
        self.request.form.focus_step(-1)

    def action_fix(self) -> None:
        """Apply the fix of the current finding."""
        fix = self.request.fix()
        self.tell(f"applied: {fix}   ctrl+z undoes it" if fix else "this advice has no automatic fix")

    def action_fix_all(self) -> None:
        """Apply all safe fixes."""
        count = self.request.fix_all()
        self.tell(f"{count} fix{'es' if count != 1 else ''} applied" if count else "no safe fixes to apply")

    def action_next_advice(self) -> None:
        """Show the next finding."""
        self.request.next_advice()

    def action_key_options(self) -> None:
        """Say that the names and passphrases of pairs on other hosts cannot be set here."""
        self.tell("On other hosts, the name and the passphrase of a pair cannot be set here.")

    def action_profiles(self) -> None:
        """Load a profile into the form, or save the form as one."""
        self.request.choose_profile()

    def action_start_from(self) -> None:
        """Copy names and subject from an existing pair, CSR or certificate."""
        self.request.choose_start()

    def action_guide(self) -> None:
        """Show the guide for the selected server software."""
        from csrtui.tui.screens.page import PageScreen, guide_pages

        pages = guide_pages()
        platform = self.request.form.draft.platform
        self.app.push_screen(PageScreen(list(pages.values()), list(pages).index(platform)))
