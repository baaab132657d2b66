"""The base class of the screens that show pairs: the keystore and the screen of one pair."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep, Stage
from csrtui.store.keystore import missing_pair_error
from csrtui.tasks.list import UnreadablePair, read_pairs
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.commands import step_label
from csrtui.tui.screens.base import CommandScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.core.pairs.query import Need
    from csrtui.tasks.form_prefill import PrefilledForm
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.groups import Group, PairSelection

NO_SELECTION = "No pair selected."
"""The message of a command that needs a pair, if there is none under the cursor."""
_TAKE_BACK, _REVOCATION = "Take back", "Revocation"
"""The labels of the command `retire` for a retired pair, and for one whose key is compromised."""
_ACTIONS = {
    NextStep.BACK_UP: "back_up",
    NextStep.SUBMIT: "submit",
    NextStep.IMPORT: "import",
    NextStep.INSTALL: "install",
    NextStep.RENEW: "renew",
    NextStep.RETIRE: "retire",
    NextStep.FINISH: "open_successor",
    NextStep.REVOKE: "retire",
}
"""The name of the action for each step."""


def _flow(
    module: str, name: str, *, for_pair: bool = False
) -> Callable[[PairsScreen], Coroutine[Any, Any, None]]:
    """Return an action that starts the function `name` of a module of `csrtui.tui.flows`.

    The module is imported when the action is first used, so that the screens open without delay. With `for_pair`, the
    function also gets the selected pair. Without a selected pair, the action only shows a message.
    """

    async def action(self: PairsScreen) -> None:
        flow = getattr(import_module(f"csrtui.tui.flows.{module}"), name)
        if not for_pair:
            await self.start(flow(self))
        elif (pair := self.current_pair()) is not None:
            await self.start(flow(self, pair))

    return action


class PairsScreen(CommandScreen[None]):
    """A screen with the commands for pairs. Each command is a function of `csrtui.tui.flows`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    @property
    def session(self) -> Session:
        """The session with the store."""
        return self._session

    # The interface for flows

    @property
    def only_pair(self) -> str | None:
        """The name of the only pair on the screen, or None if the screen shows all pairs."""
        return None

    def selection(self) -> PairSelection:
        """Return the pairs that a command can apply to."""
        raise NotImplementedError

    @property
    def current_name(self) -> str | None:
        """The name of the selected pair, or None."""
        return self.only_pair

    def read_current(self) -> Pair | None:
        """Return the selected pair, or None if there is none.

        Raises:
            InputError: The pair no longer exists.
            StoreError: The pair cannot be read.
        """
        names = [self.current_name] if self.current_name else []
        for item in read_pairs(self._session, names):
            if isinstance(item, UnreadablePair):
                exists = self._session.store.has_pair(item.name)
                raise item.error if exists else missing_pair_error(item.name)
            return item
        return None

    def current_pair(self) -> Pair | None:
        """Return the selected pair. If there is none, or it cannot be read, show a message and return None."""
        try:
            current = self.read_current()
        except CsrtuiError as error:
            self.tell_error(error)
            return None
        if current is None:
            self.tell(NO_SELECTION)
        return current

    def groups(self, need: Need, description: str) -> list[Group[Pair]]:
        """Return the groups of pairs that a command can apply to. See `PairSelection.groups`.

        Raises:
            StoreError: No pair is marked, and the selected one cannot be read.
        """
        selection = self.selection()
        if not (selection.marked or selection.current):
            self.read_current()
        return selection.groups(need, description)

    def refresh_pairs(self, want: str | None = None) -> None:
        """Show the current state of the pairs. `want` is the name of the pair to select."""
        raise NotImplementedError

    def clear_marks(self) -> None:
        """Remove all marks, if the screen has marks."""

    def fill_form(self, start: PrefilledForm, renews: str, passphrase: Secret | None = None) -> None:
        """Show the request form on the main screen, filled in for a pair that will renew another pair.

        `passphrase` is that of the old key, if the new pair keeps the key.
        """
        main = next(screen for screen in self.app.screen_stack if isinstance(screen, PairsScreen))
        self.app.call_later(self._go_back_to, main, start, renews, passphrase)

    async def _go_back_to(
        self, main: PairsScreen, start: PrefilledForm, renews: str, passphrase: Secret | None
    ) -> None:
        while self.app.screen is not main:
            await self.app.pop_screen()
        main.fill_form(start, renews, passphrase)

    def next_step_text(self, pair: Pair) -> str:
        """Return the next step of a pair in words."""
        return NEXT_STEPS[self._step(pair)]

    def _step(self, pair: Pair | None) -> NextStep:
        return pair.record.visible_step(self._session.clock()) if pair else NextStep.NONE

    # Commands

    async def start(self, flow: Coroutine[Any, Any, None]) -> None:
        """Start a flow as a worker, and return when it waits for the first time, usually for its first dialog.

        Keys that were typed ahead then go to that dialog. The last message is removed, because it would be out of date beside a dialog.
        """
        self.tell("")
        self.run_worker(self._follow(flow), group="flow")
        await asyncio.sleep(0)

    async def _follow(self, flow: Coroutine[Any, Any, None]) -> None:
        """Run a flow, and show the error that ends it."""
        try:
            await flow
        except CsrtuiError as error:
            self.tell_error(error)

    action_back_up = _flow("backups", "back_up")
    action_verify = _flow("backups", "verify")
    action_restore = _flow("backups", "restore")
    action_adopt = _flow("import_and_inspect", "adopt")
    action_import = _flow("import_and_inspect", "import_from_files")
    action_inspect = _flow("import_and_inspect", "inspect")
    action_submit = _flow("one_pair", "submit", for_pair=True)
    action_install = _flow("one_pair", "install", for_pair=True)
    action_mark_installed = _flow("one_pair", "mark_installed", for_pair=True)
    action_undo_install = _flow("one_pair", "undo_install", for_pair=True)
    action_retire = _flow("one_pair", "retire", for_pair=True)
    action_copy = _flow("one_pair", "copy_text", for_pair=True)
    action_change_server = _flow("one_pair", "change_server", for_pair=True)
    action_change_ca = _flow("one_pair", "change_ca", for_pair=True)

    def action_renew(self) -> None:
        """Show the ways to renew the selected pair."""
        if (pair := self.current_pair()) is not None:
            self.renew_pair(pair.name)

    def renew_pair(self, name: str) -> None:
        """Show the ways to renew a pair."""
        from csrtui.tui.flows.one_pair import renew

        self.clear_message()
        self.run_worker(self._follow(renew(self, name)), group="renew", exclusive=True)

    def action_open_successor(self) -> None:
        """Show the pair that replaces the selected one, because the renewal continues there."""
        from csrtui.tui.screens.pair import PairScreen

        if (pair := self.current_pair()) is not None and pair.record.renewed_by:
            try:
                screen = PairScreen.of(self._session, pair.record.renewed_by)
            except CsrtuiError as error:
                self.tell_error(error)
            else:
                self.app.push_screen(screen, lambda _: self.refresh_pairs())

    def step_label(self, pair: Pair | None) -> str:
        """Return the label of the next step of a pair. All labels have the same width, so that few cells change."""
        return step_label(self._step(pair))

    def possible(self, commands: Sequence[Command], pair: Pair | None) -> list[Command]:
        """Return those of `commands` that are possible now. `pair` is the pair under the cursor, or None.

        The command that is also the next step is left out, because the next step comes first. The next command for a
        renewed pair is to retire it, and for a retired one to take it back into use, unless its key is compromised.
        """
        step = self._step(pair)
        left_out = {_ACTIONS.get(step)}
        if step is NextStep.NONE:
            left_out.add("next_step")
        if pair is None or pair.record.stage not in {Stage.NEW, Stage.SUBMITTED}:
            left_out.add("submit")
        if pair is None or pair.record.stage is Stage.RETIRED:
            is_renewable = pair is not None and pair.record.compromised and not pair.record.renewed_by
            left_out |= {"back_up", "import", "install", *(() if is_renewable else ("renew",))}
        elif not pair.record.is_in_use or pair.record.is_renewal_started:
            left_out.add("renew")
        if pair is None or not pair.has_certificate:
            left_out |= {"install", "renew"}
        if pair is None or not pair.record.backups:
            left_out.add("verify")
        possible = [command for command in commands if command.action not in left_out]
        is_retired = pair is not None and pair.record.stage is Stage.RETIRED
        renewal = {"renew"} if step is NextStep.REVOKE else set()
        if pair is not None and is_retired:
            label = _REVOCATION if pair.record.compromised else _TAKE_BACK
            possible = [
                replace(command, label=label) if command.action == "retire" else command
                for command in possible
            ]
        if is_retired or (pair and not pair.record.is_unreplaced):
            possible.sort(key=lambda command: command.action not in {"next_step", "retire", *renewal})
        return possible

    async def action_next_step(self) -> None:
        """Do the next step of the selected pair."""
        from csrtui.tasks.pair_groups import step_text
        from csrtui.tui.flows.backups import back_up_pair

        pair = self.current_pair()
        if pair is None:
            return
        step = self._step(pair)
        action = _ACTIONS.get(step)
        if action is None:
            reason = step_text(pair.record, self._session.clock(), self.key_of)
            self.tell(f"{visible(pair.name)}: {reason}")
        elif step is NextStep.BACK_UP:
            await self.start(back_up_pair(self, pair))
        elif not await self.app.run_action(action, default_namespace=self):
            self.tell(f"{visible(pair.name)}: next is to {NEXT_STEPS[step]}")

    def action_months(self, filter_word: str = "") -> None:
        """Show the expiries of the next 12 months. The cursor starts on the month of `filter_word`."""
        from csrtui.tui.screens.months import MonthsScreen

        self.app.push_screen(MonthsScreen(self._session, filter_word), self.filter_by)

    def filter_by(self, text: str | None) -> None:
        """List only the pairs that match a query. With None, change nothing."""
        raise NotImplementedError

    def action_doctor(self) -> None:
        """Check the whole keystore."""
        from csrtui.tui.screens.doctor import StoreDoctorScreen

        screen = StoreDoctorScreen(self._session)
        self.app.push_screen(screen, lambda _: self.refresh_pairs())
