"""The commands of the request form, wherever the form is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from csrtui.tui.panes.request import RequestPane

if TYPE_CHECKING:
    from csrtui.tui.widgets.request_form import RequestForm


class FormScreen(Screen[None]):
    """A screen with a `RequestPane`."""

    @property
    def request(self) -> RequestPane:
        """The request pane."""
        return self.query_one(RequestPane)

    def tell(self, text: str) -> None:
        """Tell the user something in a line."""
        raise NotImplementedError

    def on_request_form_told(self, event: RequestForm.Told) -> None:
        """Pass a line on."""
        self.tell(event.text)

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.request.form.focus_step(1)

    def action_previous_field(self) -> None:
        """Go to the field before."""
        self.request.form.focus_step(-1)

    def action_fix(self) -> None:
        """Apply the fix at hand."""
        done = self.request.fix()
        self.tell(f"done: {done}   ctrl+z undoes it" if done else "this advice has no fix to apply")

    def action_fix_all(self) -> None:
        """Apply all plain corrections."""
        count = self.request.fix_all()
        self.tell(
            f"{count} fix{'es' if count != 1 else ''} applied"
            if count
            else "there is nothing to fix by itself"
        )

    def action_next_advice(self) -> None:
        """Show the next finding."""
        self.request.next_advice()

    def action_profiles(self) -> None:
        """Choose a profile to fill the form with, or keep the form as one."""
        self.request.choose_profile()

    def action_start_from(self) -> None:
        """Ask what to start from."""
        self.request.choose_start()

    def action_guide(self) -> None:
        """Show what to know and do for the server software that the form asks for."""
        from csrtui.tui.screens.reading import ReadingScreen, guide_pages

        pages = guide_pages()
        chosen = self.request.form.draft.platform
        self.app.push_screen(ReadingScreen(list(pages.values()), list(pages).index(chosen)))
