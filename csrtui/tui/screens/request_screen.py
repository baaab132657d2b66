"""The commands of the request form, and making the pair that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.errors import CsrtuiError
from csrtui.store.disk import NotConfirmedError
from csrtui.tui.panes.request import RequestPane
from csrtui.tui.screens.life_screen import LifeScreen
from csrtui.tui.screens.making import PairMade, PairNotMade

if TYPE_CHECKING:
    from csrtui.core.draft import Draft
    from csrtui.tasks.asking import Asked
    from csrtui.tasks.create import Blocking


class RequestScreen(LifeScreen):
    """A screen with a `RequestPane`."""

    _making = False
    _making_of: Draft | None = None

    @property
    def request(self) -> RequestPane:
        """The request pane."""
        return self.query_one(RequestPane)

    def show_request(self) -> None:
        """Show the form, and put the cursor into it."""
        raise NotImplementedError

    def show_keystore(self) -> None:
        """Show the list of pairs, and put the cursor into it."""
        raise NotImplementedError

    def keep_soon(self) -> None:
        """Keep what the form holds for the next start."""
        raise NotImplementedError

    # The form

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

    # Making a pair

    def action_generate(self) -> None:
        """Make the pair that the form asks for."""
        if self._making:
            self.tell("a pair is being made; wait a moment")
            return
        from csrtui.core.advice import common_name_missing
        from csrtui.tasks.create import Blocking

        self.request.form.settle()
        advice, asked = self.request.advice, self.request.asked
        errors = advice.blocking or (() if advice.subject.common_name else (common_name_missing(),))
        if not errors:
            self._make(asked, Blocking.STOPS)
            return
        self.show_request()
        self.request.point_to(errors[0])
        if advice.blocking and advice.forceable:
            from csrtui.tui.screens.confirm import ConfirmScreen

            question = ConfirmScreen("Make it although a CA will refuse it?", errors[0].text, "Make it")
            self.app.push_screen(question, lambda yes: self._make(asked, Blocking.OVERRULED) if yes else None)
        else:
            self.tell(f"not made: {errors[0].text}")

    def _make(self, asked: Asked, blocking: Blocking) -> None:
        from csrtui.tasks.wording import key_label

        self._making = True
        self._making_of = self.request.form.draft
        self.tell(f"making {key_label(asked.effective_key_type)} key and CSR …")
        self.run_worker(lambda: self._make_in_thread(asked, blocking), thread=True, group="make")

    def _make_in_thread(self, asked: Asked, blocking: Blocking) -> None:
        from csrtui.tasks.create import create_pair

        try:
            self.post_message(PairMade(create_pair(self._session, asked, blocking=blocking)))
        except CsrtuiError as error:
            self.post_message(PairNotMade(error))

    def on_pair_made(self, event: PairMade) -> None:
        """Show the pair in the keystore, and make the form ready for the next, unless that is typed already."""
        from csrtui.tasks.wording import NEXT_STEPS

        self._making = False
        form = self.request.form
        self.pairs_changed(event.pair.name)
        if form.draft == self._making_of:
            form.begin_again(form.draft.carried_over())
            self.request.update_soon()
            self.keep_soon()
            self.show_keystore()
        step = NEXT_STEPS[event.pair.record.next_step(self._session.clock())]
        self.tell(f"made {event.pair.name}: key and CSR. Next: {step}")

    def on_pair_not_made(self, event: PairNotMade) -> None:
        """Say why; everything typed is still there."""
        self._making = False
        if isinstance(event.error, NotConfirmedError):
            self.pairs_changed(event.error.saved)
        self.tell_error(event.error)
