"""The request form on the main screen: making the pair that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tui.screens.form_screen import FormScreen
from csrtui.tui.screens.making import PairMade, PairNotMade
from csrtui.tui.screens.renewal_screen import RenewalScreen

if TYPE_CHECKING:
    from csrtui.core.pairs.draft import Draft
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.new import Blocking
    from csrtui.tasks.prefill import Start
    from csrtui.tasks.request_spec import Asked


class RequestScreen(FormScreen, RenewalScreen):
    """A screen with a `RequestPane`."""

    _making = False
    _making_of: Draft | None = None

    def show_request(self) -> None:
        """Show the form, and put the cursor into it."""
        raise NotImplementedError

    def show_keystore(self) -> None:
        """Show the list of pairs, and put the cursor into it."""
        raise NotImplementedError

    def keep_soon(self) -> None:
        """Keep what the form holds for the next start."""
        raise NotImplementedError

    def fill_form(self, start: Start, renews: str) -> None:
        """Show the form, filled in for a pair that takes the place of another one."""
        self.show_request()
        self.request.renew(start, renews)
        self.tell("filled in; a new key will be made   ctrl+z undoes it")

    def action_fix(self) -> None:
        """Apply the fix at hand; where that is to renew a pair, show how."""
        name = self.request.pair_to_renew
        if name is None:
            super().action_fix()
        else:
            self.renew_pair(name)

    # Making a pair

    def action_generate(self) -> None:
        """Make the pair that the form asks for."""
        if self._making:
            self.tell("a pair is being made; wait a moment")
            return
        from csrtui.core.advice.advisor import common_name_missing
        from csrtui.tasks.new import Blocking

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
        from csrtui.tasks.pair_text import key_label

        self._making = True
        self._making_of = draft = self.request.form.draft
        self.tell(f"making {key_label(asked.effective_key_type)} key and CSR …")
        self.run_worker(
            lambda: self._make_in_thread(asked, blocking, draft.renews), thread=True, group="make"
        )

    def _make_in_thread(self, asked: Asked, blocking: Blocking, renews: str) -> None:
        from csrtui.tasks.new import create_pair

        try:
            made = (
                self._make_successor(asked, blocking, renews)
                if renews
                else create_pair(self._session, asked, blocking=blocking)
            )
            self.post_message(PairMade(made))
        except CsrtuiError as error:
            self.post_message(PairNotMade(error))

    def _make_successor(self, asked: Asked, blocking: Blocking, renews: str) -> Pair:
        """Make a pair in place of another one, which may have been renewed, retired or lost since it was typed.

        Raises:
            CsrtuiError: It was not made.
        """
        from csrtui.tasks.list import read_pair
        from csrtui.tasks.renew import check_renewable, replace_pair

        try:
            check_renewable(self._session, read_pair(self._session, renews)[0])
        except (InputError, RefusedError) as error:
            raise RefusedError(
                error.what, "empty both fields of names to ask for a pair that renews none"
            ) from error
        return replace_pair(self._session, renews, asked, blocking=blocking)

    def on_pair_made(self, event: PairMade) -> None:
        """Show the pair in the keystore, and make the form ready for the next, unless that is typed already."""
        from csrtui.tasks.pair_text import NEXT_STEPS

        self._making = False
        form = self.request.form
        self.pairs_changed(event.pair.name)
        if form.draft == self._making_of:
            form.begin_again(form.draft.carried_over())
            self.request.update_soon()
            self.keep_soon()
            self.show_keystore()
        step = NEXT_STEPS[event.pair.record.next_step(self._session.clock())]
        renews = event.pair.record.renews
        what = f"it renews {renews}" if renews else "key and CSR"
        self.tell(f"made {event.pair.name}: {what}. Next: {step}")

    def on_pair_not_made(self, event: PairNotMade) -> None:
        """Say why; everything typed is still there."""
        self._making = False
        if isinstance(event.error, NotConfirmedError):
            self.pairs_changed(event.error.saved)
        self.tell_error(event.error)
