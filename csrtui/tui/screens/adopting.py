"""Keys made elsewhere, each with what belongs to it: the marked ones become pairs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.escaping import plural, visible
from csrtui.tasks.adopt.adopt import AdoptionSpec, AdoptResult, MissingRequest, adopt_many, obstacle
from csrtui.tasks.adopt.candidate import facts
from csrtui.tasks.batch import Result
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.line_list import LineList, Marking
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import pad, wrap

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.adopt.candidate import Candidate
    from csrtui.tasks.adopt.matching import Matched
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_AROUND, _AROUND_SHORT = 10, 6
"""Lines of the dialog that are neither its list nor its details; without blank ones on a short screen."""
_SHORT, _WIDE = 18, 50
"""A screen with fewer lines is short; a list with fewer cells has fewer columns."""
_KEY, _WHAT = 12, 20
"""How wide the columns after the name are."""


class CandidateRows:
    """Rows for a `LineList`: what could become a pair.

    Args:
        candidates: In their order.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates

    def __len__(self) -> int:
        return len(self._candidates)

    def key(self, index: int) -> Hashable:
        """The fingerprint of the key."""
        return self._candidates[index].spki_sha256

    def find(self, key: Hashable) -> int | None:
        """Where the key of that fingerprint is."""
        return next((at for at, one in enumerate(self._candidates) if one.spki_sha256 == key), None)

    def header(self, width: int) -> str:
        """The columns' names."""
        return _columns("Name", "Key", "Found with it", width)

    def row(self, index: int, width: int) -> str:
        """One key."""
        one = self._candidates[index]
        return _columns(one.title, one.key_label, _found_with(one), width)


def _columns(name: str, key: str, found: str, width: int) -> str:
    """The three columns; where there is no room, without the key."""
    if width < _WIDE:
        return f"{pad(name, max(width - _WHAT - 1, 12))} {found}"[:width]
    return f"{pad(name, width - _KEY - _WHAT - 2)} {pad(key, _KEY)} {found}"[:width]


def _found_with(one: Candidate) -> str:
    if one.known_as is not None:
        return "is there already"
    parts = ["CSR"] if one.asked else []
    parts += ["certificate"] if one.certificate else []
    return ", ".join(parts) if one.asked else f"no CSR{', ' + parts[0] if parts else ''}"


class AdoptingScreen(DoingDialog["Sequence[Result]"]):
    """Shows what was found, takes what is marked, and says what came of it.

    What has a CSR is marked at first. To mark a key that has a certificate and no CSR asks for one to be made.

    Args:
        session: Whose store they come into.
        matched: What was found.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, priority=True),
        Binding("enter", "take", "Adopt", show=False, priority=True),
        Binding("tab", "page", "More", show=False, priority=True),
    ]

    def __init__(self, session: Session, matched: Matched) -> None:
        super().__init__()
        self._session = session
        self._matched = matched
        self._results: list[Result] | None = None
        self._next = "The keystore names the next step of each."
        self._current = 0
        self._refused = False

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield LineList(CandidateRows(self._matched.candidates), marking=Marking.SPACE, id="found")
            yield TextView(id="details")
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Mark what can be taken as it is."""
        found = self.query_one("#found", LineList)
        found.set_marks(
            frozenset(one.spki_sha256 for one in self._matched.candidates if obstacle(one) is None)
        )
        found.focus()

    @property
    def marked(self) -> list[Candidate]:
        """What will be adopted."""
        marks = self.query_one("#found", LineList).marks
        return [one for one in self._matched.candidates if one.spki_sha256 in marks]

    # Events

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """Show what is known of the key under the cursor."""
        event.stop()
        self._current = event.index or 0
        if not self._refused:  # the mark that was refused took the cursor down
            self.error = None
        self._refused = False
        self.draw()

    def on_line_list_marked(self, event: LineList.Marked) -> None:
        """What cannot be adopted cannot be marked."""
        event.stop()
        found = self.query_one("#found", LineList)
        for one in self.marked:
            why = obstacle(one, MissingRequest.MADE)
            if why is not None:
                found.set_marks(found.marks - {one.spki_sha256})
                self.error = InputError(f"{one.title} cannot be adopted: {why}")
                self._refused = True
        self.draw()

    def action_page(self) -> None:
        """Read on in the details, from the top again after their end."""
        self.query_one("#details", TextView).action_page(1)

    def action_take(self) -> None:
        """Adopt what is marked; at the end, close."""
        if self._results is not None:
            self.dismiss(self._results)
        elif self.marked:
            self.begin(self._take(self.marked))
            self.draw()
        else:
            self.error = InputError("Nothing is marked: Space marks a key.")
            self.draw()

    def action_leave(self) -> None:
        """Adopt nothing, or close at the end; what is under way is finished first."""

        def leave() -> None:
            self.dismiss(self._results or ())

        self.when_done(leave)

    # How

    async def _take(self, marked: Sequence[Candidate]) -> None:
        done: list[Result] = []
        order = AdoptionSpec(missing=MissingRequest.MADE)
        try:
            await asyncio.to_thread(adopt_many, self._session, marked, order, done.append)
        except StoreError as error:
            done.append(Result(ok=False, text=f"{error.what}{f'; {error.hint}' if error.hint else ''}"))
        with suppress(CsrtuiError):  # a pair that has gone by now has no next step
            self._next = await asyncio.to_thread(self._next_step, [one for one in done if one.ok])
        self._results = done

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        if self._results is not None:
            self._draw_results(self._results)
            return
        count = len(self._matched.candidates)
        blank: list[Line] = [] if self._is_short else [()]
        self.show("#about", [*self.lines(f"{plural(count, 'key')} found", "strong"), *blank])
        rows = min(count, max(self._room // 2, 1))
        self.query_one("#found", LineList).styles.height = rows + 1
        details = self._details(self._matched.candidates[self._current])
        self._show_details(self._room - rows, details)
        notes = self.lines(f"{len(self.marked)} of {count} marked.")
        if self.error is not None:
            notes = self.error_lines(self.error)
        elif self.is_doing:
            notes = self.lines("Adopting …", "strong")
        self.show("#notes", [*blank, *notes[: 1 + len(blank)], *blank])
        more = [("Tab", "More")] if len(details) > self._room - rows else []
        self.show(
            "#keys", self.key_lines(("Enter", "Adopt"), ("Space", "Mark"), *more, ("Esc", "Cancel"))[:1]
        )

    @property
    def _is_short(self) -> bool:
        return self.app.size.height < _SHORT

    @property
    def _room(self) -> int:
        """The lines for list and details together."""
        return max(self.app.size.height - (_AROUND_SHORT if self._is_short else _AROUND), 3)

    def _show_details(self, height: int, lines: Sequence[Line]) -> None:
        view = self.query_one("#details", TextView)
        view.styles.height = max(min(len(lines), height), 1)
        view.show_all(lines)

    def _details(self, one: Candidate) -> list[Line]:
        lines: list[Line] = [] if self._is_short else [()]
        for label, text in (*facts(one), ("names", ", ".join(map(visible, one.names)) or "none")):
            first, *rest = wrap(text, self.inner_width - 13)
            lines.append(((f"{label:<13}", "label"), (first, "")))
            lines += [((f"{'':<13}{line}", ""),) for line in rest]
        why = obstacle(one, MissingRequest.MADE)
        lines += self.lines(f"Not to be adopted: {why}.", "warning") if why else []
        for finding in one.findings:
            manner = "" if finding.level.value == "note" else finding.level.value
            lines += self.lines(f"{finding.level.value.capitalize()}: {finding.text}", manner)
        for remark in one.remarks:
            lines += self.lines(f"Note: {remark}.")
        lines += [((line, "label"),) for text in self._others() for line in wrap(text, self.inner_width)]
        return lines

    def _others(self) -> list[str]:
        """What else was found: closed keys, what could not be read, what belongs to no key."""
        rest = (*self._matched.failures, *self._matched.strays)
        return (
            ["", *(f"Left out: {visible(one.file or '')} {one.text}".rstrip() for one in rest)]
            if rest
            else []
        )

    def _draw_results(self, results: Sequence[Result]) -> None:
        done = [one for one in results if one.ok]
        self.query_one("#found").display = False
        blank: list[Line] = [] if self._is_short else [()]
        self.show("#about", [*self.lines(f"{plural(len(done), 'pair')} adopted", "strong"), *blank])
        lines: list[Line] = []
        for one in sorted(results, key=lambda result: result.ok):
            about = f"{one.pair or visible(one.file or '')}: ".lstrip(": ")
            lines += self.lines(f"{about}{one.text}", "" if one.ok else "error")
            if isinstance(one, AdoptResult):
                for flaw in one.issued.flaws if one.issued else ():
                    lines += self.lines(f"{flaw.level.value.capitalize()}: {flaw.text}.", flaw.level.value)
        self._show_details(self._room, lines)
        self.show("#notes", [*blank, *self.lines(self._next)[: 1 + 2 * len(blank)], *blank])
        self.show("#keys", self.key_lines(("Enter", "Close")))

    def _next_step(self, done: Sequence[Result]) -> str:
        if not done:
            return "Nothing was adopted."
        name = done[0].pair or ""
        pair, _ = read_pair(self._session, name)
        step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
        which = "" if len(done) == 1 else f" for {name}; the keystore names that of each"
        return f"Next: {step}{which}. The files adopted from stay as they are."
