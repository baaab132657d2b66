"""The dialog that explains the ways to renew a pair. It checks the old key in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.renewal_ways import COMPROMISED_KEY, RenewalWay
from csrtui.tasks.pair_text import time_left
from csrtui.tasks.renew import prove_old_key
from csrtui.tui.commands import commands_of
from csrtui.tui.messages import error_text
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.modals.questions import ask
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextView
from csrtui.tui.wrapping import cut_name, hanging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.renewal_ways import RenewalChoice
    from csrtui.tasks.renew import Renewal
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_ENTER = {
    RenewalWay.NEW_PAIR: "Fill the form",
    RenewalWay.OLD_CSR: "Submit it again",
    RenewalWay.SAME_KEY: "Fill the form",
}
_HEAD_GAPS = 5
"""The cells around the heading of a way: the mark, blanks, and a blank before the note."""
_PROVE = "Check the key"
_PROVING = "Checking that the key exists, matches and signs …"
_PROVED = "Checked: the key exists, matches this CSR, and signs; names and subject are unchanged."
_LOCKED = "The key has a passphrase. You are asked for it here."
_UNLOCK = "The key has a passphrase. Type it and press Enter to check that the key matches and signs."


class RenewAnswer(NamedTuple):
    """The chosen way to renew, the planned renewal, and the passphrase of the old key if it was needed."""

    way: RenewalWay
    renewal: Renewal
    passphrase: Secret | None = None


class RenewModal(FormModal["RenewAnswer | None"]):
    """A dialog that returns the chosen way to renew. It shows all ways, the recommended one first.

    The old CSR and the old key can be chosen only after the key has been checked. For an encrypted key, this needs the
    passphrase. If the key is compromised, only a new pair is offered.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", show=False, priority=True),
        Binding("down,tab", "other(1)", "Next way", show=False, priority=True),
        Binding("up,shift+tab", "other(-1)", "Previous way", show=False, priority=True),
        Binding("right,l,j", "other(1)", "Next way", show=False),
        Binding("left,h,k", "other(-1)", "Previous way", show=False),
    ]
    AUTO_FOCUS = ""
    MAX_WIDTH = 80  # all three ways fit on a screen of 80 by 24
    CHARACTERS_REMOVED = "The paste has invalid characters and was ignored."

    def __init__(self, session: Session, renewal: Renewal) -> None:
        super().__init__()
        self._session = session
        self._renewal = renewal
        self._is_compromised = renewal.pair.record.compromised is not None
        self._way = RenewalWay.NEW_PAIR if self._is_compromised else renewal.choices[0].way
        self._is_proved = False
        self._passphrase: Secret | None = None
        self._old_findings = renewal.old_findings

    def content(self) -> Iterable[Widget]:
        """Return the text on the ways, and the passphrase of the old key."""
        yield TextView(id="ways", can_focus=False)
        if self._is_locked:
            passphrase = SecretField("for the old key", id="passphrase")
            yield LabelledFields(("Passphrase", passphrase), id="unlocking")

    def on_mount(self) -> None:
        """Start checking the key, unless the key has a passphrase."""
        self._update_focus()
        if not (self._is_locked or self._is_compromised):
            self.begin(self._prove(None))

    # Events

    def action_other(self, step: int) -> None:
        """Select the next way (step 1) or the previous one (step -1), if there is more than one."""
        if self._is_compromised:
            return
        ways = [choice.way for choice in self._renewal.choices]
        self._way = ways[(ways.index(self._way) + step) % len(ways)]
        if self._is_proved:
            self.error = None
        self._update_focus()
        self.draw()

    def action_choose(self) -> None:
        """Choose the selected way. The old key can be used only after it has been checked."""
        if self._way is RenewalWay.NEW_PAIR:
            self.close_when_idle(self._choose_way)
        elif self._is_proved:
            self._choose_old_key()
        elif self._is_locked and not self.is_busy:
            passphrase = self.secret_of("#passphrase")
            if passphrase.encoded:
                self.begin(self._prove(passphrase))
            else:
                self.error = InputError("The key has a passphrase.", "type it")
            self.draw()

    # Work

    @property
    def _is_locked(self) -> bool:
        return self._renewal.pair.record.key.encrypted and not self._is_compromised

    async def _prove(self, passphrase: Secret | None) -> None:
        # Check only the key here. A question about findings that can be overruled follows when the way is chosen.
        _, key_findings = await self.in_thread(
            lambda: prove_old_key(self._session, self._renewal, passphrase, force=True)
        )
        self._old_findings = (*self._renewal.old_findings, *key_findings)
        self._is_proved, self._passphrase = True, passphrase
        self._update_focus()

    def _choose_old_key(self) -> None:
        blocking = next((finding for finding in self._old_findings if finding.blocks), None)
        if blocking is None or self._way is RenewalWay.SAME_KEY:  # the form asks before it generates the pair
            self._choose_way()
        else:
            title = "Use it even though a CA will refuse it?"
            ask(self.app, title, blocking.text, "Use it", self._choose_way)

    def _choose_way(self) -> None:
        self.dismiss(RenewAnswer(self._way, self._renewal, self._passphrase))

    def _update_focus(self) -> None:
        """Show and focus the passphrase field if the selected way needs it."""
        if self._is_locked:
            needs_passphrase = self._way is not RenewalWay.NEW_PAIR and not self._is_proved
            self.query_one("#unlocking").display = needs_passphrase
            self.set_focus(self.query_one("#passphrase") if needs_passphrase else None)

    # Drawing

    def draw(self) -> None:
        """Redraw the dialog."""
        pair = self._renewal.pair
        deadline = pair.record.deadline
        remaining = f" · {time_left(deadline, self._session.clock())}" if deadline else ""
        room = max(self.inner_width - 2 - len("Renew ") - len(remaining), 8)
        self.show_title(f"Renew {cut_name(visible(pair.name), room)}{remaining}")
        lines, top = self._way_lines()
        unproved = self._way is not RenewalWay.NEW_PAIR and self._is_locked and not self._is_proved
        enter = _PROVE if unproved else _ENTER[self._way]
        other = () if self._is_compromised else (("Up/Down", "Other way"),)
        self.show_list(lines, ("Enter", enter), *other, ("Esc", "Cancel"))
        view = self.query_one("#ways", TextView)
        view.action_scroll(-len(lines))
        if (
            top + 1 > self.room_for(view) // 2
        ):  # the heading of the selected way, or the text below it, is out of view
            view.action_scroll(top)

    def _way_lines(self) -> tuple[list[Line], int]:
        """Return the lines that show the ways, and the index of the line with the heading of the selected way."""
        if self._is_compromised:
            new = next(choice for choice in self._renewal.choices if choice.way is RenewalWay.NEW_PAIR)
            return [*self._lines_of(new), *self._sentence(COMPROMISED_KEY, "warning")], 0
        ways = [self._lines_of(choice) for choice in self._renewal.choices]
        has_room = sum(map(len, ways)) + len(ways) <= self.room_for(self.query_one("#ways"))
        lines: list[Line] = []
        top = 0
        for choice, way_lines in zip(self._renewal.choices, ways, strict=True):
            lines += [()] if lines and has_room else []
            top = len(lines) if choice.way is self._way else top
            lines += way_lines
        return lines, top

    def _lines_of(self, choice: RenewalChoice) -> list[Line]:
        """Return the lines of a way: its heading, its consequences and obstacles, and the check of the old key."""
        is_selected = choice.way is self._way
        title = choice.way.value
        note = "(recommended)" if choice is self._renewal.choices[0] and not self._is_compromised else ""
        if choice.way is RenewalWay.SAME_KEY:
            note = "(also for other names)"
        if self.is_short and not self._is_compromised:
            note = "Up/Down: other" if is_selected else ""  # the line of the keys has no room for it
        note = note if len(title) + len(note) + _HEAD_GAPS <= self.inner_width else ""
        head: Line = (
            ("> " if is_selected else "  ", "strong"),
            (f" {title[0].upper()}{title[1:]} ", "current" if is_selected else "strong"),
            (f" {note}", "label"),
        )
        lines: list[Line] = [head]
        for sentence in choice.consequences:
            lines += self._sentence(sentence)
        for sentence in choice.obstacles:
            lines += self._sentence(f"Obstacle: {sentence}", "warning")
        if choice.way is RenewalWay.OLD_CSR:
            lines += self._finding_lines()
        has_proof = RenewalWay.SAME_KEY if self._way is RenewalWay.SAME_KEY else RenewalWay.OLD_CSR
        return [*lines, *self._proof()] if choice.way is has_proof else lines

    def _finding_lines(self) -> list[Line]:
        """Return the lines with the findings on the old key and CSR, without those that are obstacles."""
        lines: list[Line] = []
        for finding in self._old_findings:
            is_obstacle = finding.blocks and finding in self._renewal.old_findings
            if not is_obstacle:
                text = f"{finding.level.value.capitalize()}: {finding.text}"
                lines += self._sentence(text, finding.level.value)
        return lines

    def _proof(self) -> list[Line]:
        """Return the lines with the state of the key check."""
        lines: list[Line] = []
        if self._is_proved:
            lines += self._sentence(_PROVED, "good")
        if self.error is not None:
            lines += self._sentence(error_text(self.error, commands_of(self.app)), "error")
        elif self.is_busy:
            lines += self._sentence(_PROVING, "strong")
        elif not self._is_proved:
            lines += self._sentence(_LOCKED if self._way is RenewalWay.NEW_PAIR else _UNLOCK, "label")
        return lines

    def _sentence(self, text: str, style: str = "") -> list[Line]:
        """Return a sentence as a wrapped list item."""
        return hanging("  - ", text, self.inner_width, style, style)
