"""Renewing: both ways with what follows from each, before one is chosen; the old key is proved meanwhile."""

from __future__ import annotations

import asyncio
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.renewal_policy import RenewalWay
from csrtui.tasks.new import Blocking
from csrtui.tasks.pair_text import time_left
from csrtui.tasks.renew import prove_old
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.renewal_policy import RenewalChoice
    from csrtui.tasks.renew import Renewal
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_SIDE_BY_SIDE = 100
"""From so many columns of the screen on the ways stand side by side."""
_WIDEST = 124
_BETWEEN = " │ "
_AROUND = 7
"""Lines of the dialog that are not the ways."""
_ENTER = {RenewalWay.NEW_PAIR: "Fill the form", RenewalWay.OLD_CSR: "Hand it out"}
_PROVE = "Prove the key"
_PROVING = "Proving that its key is there, fits and signs …"
_PROVED = (
    "Proved: the key is there, it is the one that made this CSR, and it signs; names and subject are those "
    "on record."
)
_LOCKED = "Its key is under a passphrase, which is asked for here."
_ASKED = "Its key is under a passphrase: Enter opens the key and proves that it fits and signs."


class RenewAnswer(NamedTuple):
    """What was chosen: the way, and the pair as it was looked at."""

    way: RenewalWay
    renewal: Renewal


class RenewScreen(DoingDialog["RenewAnswer | None"]):
    """Shows both ways, the better one first, and gives the one that is chosen.

    The old CSR can be chosen only once its key is proved; a key under a passphrase is opened for that.

    Args:
        session: Whose store.
        renewal: The pair, looked at just now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", show=False, priority=True),
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("up,down,tab,shift+tab", "other", "Other way", show=False, priority=True),
        Binding("left,right,h,j,k,l", "other", "Other way", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]
    AUTO_FOCUS = ""

    def __init__(self, session: Session, renewal: Renewal) -> None:
        super().__init__()
        self._session = session
        self._renewal = renewal
        self._way = renewal.choices[0].way
        self._is_proved = False
        self._about_old = renewal.about_old

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield TextView(id="ways")
            if self._is_locked:
                with Vertical(id="unlocking", classes="fields"):
                    yield from labelled(("Passphrase", SecretField("of the old key", id="passphrase")))
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Begin with the proof, unless that takes a passphrase."""
        self.query_one("#ways").can_focus = False
        self._follow()
        if not self._is_locked:
            self.begin(self._prove(None))

    # Events

    def action_other(self) -> None:
        """Go to the other way."""
        self._way = RenewalWay.OLD_CSR if self._way is RenewalWay.NEW_PAIR else RenewalWay.NEW_PAIR
        self._follow()
        self.draw()

    def action_page(self, step: int) -> None:
        """Move through the text where it is longer than the screen."""
        self.query_one("#ways", TextView).action_page(step)

    def action_cancel(self) -> None:
        """Renew nothing."""
        self.when_done(self._give_up)

    def action_choose(self) -> None:
        """Take the way at hand; the old CSR only once its key is proved."""
        if self._way is RenewalWay.NEW_PAIR:
            self.when_done(self._take_way)
        elif self._is_proved:
            self._use_old()
        elif self._is_locked and not self.is_doing:
            passphrase = self.query_one("#passphrase", SecretField).secret()
            if passphrase.encoded:
                self.begin(self._prove(passphrase))
            else:
                self.error = InputError("The key is under a passphrase.", "type it")
            self.draw()

    def on_secret_field_changed(self) -> None:
        """What was wrong is being changed."""
        if self.error is not None:
            self.error = None
            self.draw()

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self._say("A passphrase is one line: nothing of what you pasted was put in.")

    def on_text_field_left_out(self) -> None:
        """Say that nothing was put in."""
        self._say("What you pasted has characters that cannot be typed: nothing was put in.")

    # How

    @property
    def _is_locked(self) -> bool:
        return self._renewal.pair.record.key.encrypted

    async def _prove(self, passphrase: Secret | None) -> None:
        # What a CA could overlook is asked about when the way is taken; here it is whether it works at all.
        proof = await asyncio.to_thread(
            prove_old, self._session, self._renewal, passphrase, Blocking.OVERRULED
        )
        self._about_old = (*self._renewal.about_old, *proof.findings)
        self._is_proved = True
        self._follow()

    def _use_old(self) -> None:
        refused = next((finding for finding in self._about_old if finding.blocks), None)
        if refused is None:
            self._take_way()
            return
        from csrtui.tui.screens.confirm import ConfirmScreen

        question = ConfirmScreen("Use it although a CA will refuse it?", refused.text, "Use it")
        self.app.push_screen(question, lambda yes: self._take_way() if yes else None)

    def _take_way(self) -> None:
        self.dismiss(RenewAnswer(self._way, self._renewal))

    def _give_up(self) -> None:
        self.dismiss(None)

    def _say(self, text: str) -> None:
        self.error = InputError(text)
        self.draw()

    def _follow(self) -> None:
        """Put the cursor into the passphrase where it is asked for."""
        if self._is_locked:
            asks = self._way is RenewalWay.OLD_CSR and not self._is_proved
            self.query_one("#unlocking").display = asks
            self.set_focus(self.query_one("#passphrase") if asks else None)

    # Drawing

    @property
    def inner_width(self) -> int:
        """The cells in a line of the dialog: more where the ways stand side by side."""
        if self.app.size.width < _SIDE_BY_SIDE:
            return super().inner_width
        return min(self.app.size.width, _WIDEST) - 4

    def draw(self) -> None:
        """Show everything anew."""
        pair = self._renewal.pair
        life = pair.record.validity
        left = f"   {time_left(life, self._session.clock())}" if life else ""
        self.show("#about", [((f"Renew {visible(pair.name)}", "strong"), (left, "label")), ()])
        lines, top = self._drawn()
        room = self._room(1)
        view = self.query_one("#ways", TextView)
        keys = self._keys(*([("PgDn", "More")] if len(lines) > room else []))
        room = self._room(len(keys))
        view.styles.height = min(len(lines), room)
        view.show_all(lines)
        view.action_scroll(-len(lines))
        if top + 1 > room // 2:  # its heading is not on the screen, or nothing under it
            view.action_scroll(top)
        self.show("#keys", [(), *keys])

    def _room(self, keys: int) -> int:
        """The lines for the ways, beside so many that name keys."""
        asks = self._is_locked and not self._is_proved
        return max(self.app.size.height - _AROUND - (keys - 1) - asks, 2)

    def _keys(self, *more: tuple[str, str]) -> list[Line]:
        unproved = self._way is RenewalWay.OLD_CSR and self._is_locked and not self._is_proved
        enter = _PROVE if unproved else _ENTER[self._way]
        return self.key_lines(("Enter", enter), ("Esc", "Cancel"), ("Up/Down", "Other way"), *more)

    def _drawn(self) -> tuple[list[Line], int]:
        """Both ways in lines, and in which line the heading of the one at hand is."""
        first, second = self._renewal.choices
        if self.app.size.width >= _SIDE_BY_SIDE:
            width = (self.inner_width - len(_BETWEEN)) // 2
            rows = zip_longest(self._column(first, width), self._column(second, width), fillvalue=())
            return [(*_filled(one, width), (_BETWEEN, "label"), *other) for one, other in rows], 0
        above, below = (self._column(choice, self.inner_width) for choice in (first, second))
        return [*above, (), *below], 0 if self._way is first.way else len(above) + 1

    def _column(self, choice: RenewalChoice, width: int) -> list[Line]:
        at_hand, is_first = choice.way is self._way, choice is self._renewal.choices[0]
        title = choice.way.value
        head: Line = (
            ("> " if at_hand else "  ", "strong"),
            (f" {title[0].upper()}{title[1:]} ", "current" if at_hand else "strong"),
            (" the better way here" if is_first else "", "label"),
        )
        lines: list[Line] = [head]
        for sentence in choice.consequences:
            lines += _sentence(sentence, width)
        for sentence in choice.obstacles:
            lines += _sentence(f"Against it: {sentence}", width, "warning")
        return [*lines, *self._proof(width)] if choice.way is RenewalWay.OLD_CSR else lines

    def _proof(self, width: int) -> list[Line]:
        """What is to be said of the old key, and what came of its proof."""
        lines: list[Line] = []
        for finding in self._about_old:
            among_obstacles = finding.blocks and finding in self._renewal.about_old
            if not among_obstacles:
                text = f"{finding.level.value.capitalize()}: {finding.text}"
                lines += _sentence(text, width, finding.level.value)
        if self._is_proved:
            lines += _sentence(_PROVED, width, "good")
        if self.error is not None:
            hint = f" — {self.error.hint}" if self.error.hint and self._is_locked else ""
            lines += _sentence(f"{_capital(self.error)}{hint}", width, "error")
        elif self.is_doing:
            lines += _sentence(_PROVING, width, "strong")
        elif not self._is_proved:
            lines += _sentence(_ASKED if self._way is RenewalWay.OLD_CSR else _LOCKED, width, "label")
        return lines


def _capital(error: CsrtuiError) -> str:
    return f"{error.what[:1].upper()}{error.what[1:]}"


def _sentence(text: str, width: int, manner: str = "") -> list[Line]:
    """A sentence of a way, under its heading."""
    first, *rest = wrap(visible(text), max(width - 4, 8))
    return [((f"  - {first}", manner),), *(((f"    {line}", manner),) for line in rest)]


def _filled(line: Line, width: int) -> Line:
    """A line with blanks behind it up to a width."""
    from rich.cells import cell_len

    return (*line, (" " * max(width - sum(cell_len(text) for text, _ in line), 0), ""))
