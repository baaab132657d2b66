"""The dialog that lists each key found with its CSR and certificate, and adopts the marked keys as pairs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.escaping import plural, visible
from csrtui.tasks.adopt.adopt import AdoptionSpec, AdoptResult, MissingCsr, adopt_many, obstacle
from csrtui.tasks.adopt.match import candidate_facts
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tasks.parallel import Result
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.widgets.line_list import ItemRows, LineList
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.wrapping import cut_lines, hanging, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.tasks.adopt.match import Candidate, MatchResult
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_NO_REQUEST = (
    "no CSR and no certificate for this key were found. Press Esc, then enter the folder that contains them, or "
    "several paths separated by spaces"
)
_NEXT_STEPS_IN_LIST = "The keystore shows the next step of each pair."
_WIDE = 50
"""A list narrower than this number of cells has fewer columns."""
_KEY, _FILES = 12, 20
"""Widths of the columns after the name."""


class CandidateRows(ItemRows["Candidate"]):
    """The rows of a `LineList` of adoption candidates."""

    def key(self, index: int) -> Hashable:
        """Return the SPKI fingerprint of the key in a row."""
        return self.item(index).spki_sha256

    def header(self, width: int) -> str:
        """Return the column names."""
        return _columns("Name", "Key", "Files", width)

    def row(self, index: int, width: int) -> str:
        """Return the text of a row."""
        candidate = self.item(index)
        return _columns(candidate.title, candidate.key_label, _files_text(candidate), width)


def _columns(name: str, key: str, files: str, width: int) -> str:
    """Return the columns as one line. A narrow list has no key column."""
    if width < _WIDE:
        return f"{pad(name, max(width - _FILES - 1, 12))} {files}"[:width]
    return f"{pad(name, width - _KEY - _FILES - 2)} {pad(key, _KEY)} {files}"[:width]


def _files_text(candidate: Candidate) -> str:
    if candidate.existing_pair is not None:
        return "already in keystore"
    if candidate.csr:
        return "CSR, certificate" if candidate.certificate else "CSR"
    return "certificate, no CSR" if candidate.certificate else "no CSR"


def _obstacle(candidate: Candidate) -> str | None:
    """Return the reason why a key cannot be adopted, or None. If its files are missing, say how to add them."""
    reason = obstacle(candidate, MissingCsr.FROM_CERTIFICATE)
    needs_files = candidate.existing_pair is None and candidate.has_csr_type
    return _NO_REQUEST if reason and needs_files else reason


class AdoptSelectionModal(FormModal["Sequence[Result]"]):
    """A dialog that lists adoption candidates, adopts the marked ones, and shows the results.

    Candidates with a CSR are marked initially. If a marked key has no CSR, adopting it creates one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "adopt", "Adopt", show=False, priority=True),
        Binding("full_stop", "follow_up", "Next", show=False, priority=True),
        Binding("tab", "page(1)", "More", show=False, priority=True),
    ]
    FIRST_FOCUS = "#candidates"
    SCROLL_KEY = "Tab"

    def __init__(self, session: Session, match_result: MatchResult) -> None:
        super().__init__()
        self._session = session
        self._match_result = match_result
        self._results: list[Result] | None = None
        self._next = _NEXT_STEPS_IN_LIST
        self._follow_up = ""
        self.follows_up = False
        """Whether the user chose the next step of the adopted pair."""
        self._current = 0
        self._is_mark_refused = False

    def content(self) -> Iterable[Widget]:
        """Return the list, the details of a key, and the notes."""
        rows = CandidateRows(self._match_result.candidates)
        yield LineList(rows, can_mark=True, id="candidates")
        yield TextView(id="details")
        yield TextBlock(id="notes")

    def on_mount(self) -> None:
        """Mark the candidates that can be adopted without a new CSR, and select the first that can be adopted."""
        candidates, candidate_list = self._match_result.candidates, self.query_one("#candidates", LineList)
        candidate_list.set_marks(
            frozenset(candidate.spki_sha256 for candidate in candidates if obstacle(candidate) is None)
        )
        candidate_list.move_to(
            next((index for index, candidate in enumerate(candidates) if not _obstacle(candidate)), 0)
        )

    @property
    def marked(self) -> list[Candidate]:
        """The marked candidates."""
        marks = self.query_one("#candidates", LineList).marks
        return [candidate for candidate in self._match_result.candidates if candidate.spki_sha256 in marks]

    # Events

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """Show the details of the key under the cursor."""
        event.stop()
        self._current = event.index or 0
        if not self._is_mark_refused:  # marking a row also moves the cursor, but the reason must stay visible
            self.error = None
        self._is_mark_refused = False
        self.draw()

    def on_line_list_marked(self, event: LineList.Marked) -> None:
        """Remove marks from candidates that cannot be adopted, and show the reason."""
        event.stop()
        candidate_list = self.query_one("#candidates", LineList)
        for candidate in self.marked:
            reason = _obstacle(candidate)
            if reason is not None:
                candidate_list.set_marks(candidate_list.marks - {candidate.spki_sha256})
                self.error = InputError(f"{candidate.title} cannot be adopted: {reason}")
                self._is_mark_refused = True
        self.draw()

    def action_adopt(self) -> None:
        """Adopt the marked keys, or else the one under the cursor. Close the dialog if the results are already shown."""
        current = self._match_result.candidates[self._current]
        if self._results is not None:
            self.dismiss(self._results)
        elif self.marked:
            self.begin(self._adopt(self.marked))
        elif _obstacle(current):  # the details above say why
            self.error = InputError(f"{current.title} cannot be adopted")
            self.draw()
        else:
            self.begin(self._adopt([current]))

    def action_follow_up(self) -> None:
        """Close the dialog and choose the next step, if it offers one."""
        if self._results is not None and self._follow_up:
            self.follows_up = True
            self.dismiss(self._results)

    def action_cancel(self) -> None:
        """Close the dialog, after the adoption has ended if one is running."""
        self.close_when_idle(lambda: self.dismiss(self._results or ()))

    # Work

    async def _adopt(self, candidates: Sequence[Candidate]) -> None:
        results: list[Result] = []
        spec = AdoptionSpec(missing=MissingCsr.FROM_CERTIFICATE)
        try:
            await self.in_thread(lambda: results.extend(adopt_many(self._session, candidates, spec)))
        except StoreError as error:
            results.append(Result(ok=False, text=error.sentence))
        names = [result.pair for result in results if result.ok and result.pair]
        with suppress(CsrtuiError):  # a pair that has since been deleted has no next step
            self._next = await self.in_thread(lambda: self._next_step(names))
        self._results = results

    # Drawing

    def draw(self) -> None:
        """Redraw the dialog."""
        if self._results is not None:
            self._draw_results(self._results)
            return
        count, blank = len(self._match_result.candidates), self.gap
        self.show_title(f"{plural(count, 'key')} found")
        marked = f"{len(self.marked)} of {count} marked."
        can_adopt = not _obstacle(self._match_result.candidates[self._current])
        unmarked = f"No key is marked.{' Enter adopts the selected one.' if can_adopt else ''}"
        notes = self.lines(marked if self.marked else unmarked)
        if self.error is not None:
            notes = self.error_lines(self.error)
        elif self.is_busy:
            notes = self.lines("Adopting …", "strong")
        self.show("#notes", [*blank, *cut_lines(notes, 1 + len(blank), self.inner_width)])
        candidates, details = self.query_one("#candidates"), self.query_one("#details")
        rows = min(count, max(self.room_for(candidates, details) // 2, 1))
        candidates.styles.height = rows + 1
        lines = self._details(self._match_result.candidates[self._current])
        self.show_list(lines, ("Enter", "Adopt"), ("Space", "Mark"), ("Esc", "Cancel"))

    def _details(self, candidate: Candidate) -> list[Line]:
        lines: list[Line] = [] if self.is_short else [()]
        names = ", ".join(map(visible, candidate.names)) or "none"
        for label, text in (*candidate_facts(candidate), ("names", names)):
            lines += hanging(f"{label:<13}", text, self.inner_width, "label")
        reason = _obstacle(candidate)
        lines += self.lines(self.with_keys(f"Cannot be adopted: {reason}."), "warning") if reason else []
        for finding in candidate.findings:
            style = "" if finding.level.value == "note" else finding.level.value
            lines += self.lines(self.with_keys(f"{finding.level.value.capitalize()}: {finding.text}"), style)
        for remark in candidate.remarks:
            lines += self.lines(self.with_keys(f"Note: {remark}."))
        for text in self._omissions():
            lines += self.lines(self.with_keys(text), "label")
        return lines

    def _omissions(self) -> list[str]:
        """Return one line for each omitted file: a locked key, an unreadable file, or a file that matches no key.

        All csrtui backups are counted on one line.
        """
        omitted = (*self._match_result.failures, *self._match_result.strays)
        texts = (
            f"{visible(result.file)}: {result.text}" if result.file else result.text for result in omitted
        )
        lines = [f"Left out: {text}" for text in texts]
        backups = self._match_result.backups
        if backups:
            restoring = f"To restore a pair, press Esc, then {self.key_of('restore')}."
            lines.append(f"Left out: {plural(len(backups), 'csrtui backup')}. {restoring}")
        return ["", *lines] if lines else []

    def _draw_results(self, results: Sequence[Result]) -> None:
        count = sum(result.ok for result in results)
        self.query_one("#candidates").display = False
        blank = self.gap
        self.show_title(f"{plural(count, 'pair')} adopted")
        lines: list[Line] = []
        for result in sorted(results, key=lambda result: result.ok):
            heading = f"{result.pair or visible(result.file or '')}: ".lstrip(": ")
            lines += self.lines(self.with_keys(f"{heading}{result.text}"), "" if result.ok else "error")
            if isinstance(result, AdoptResult):
                for flaw in result.import_result.flaws if result.import_result else ():
                    text = self.with_keys(f"{flaw.level.value.capitalize()}: {flaw.text}.")
                    lines += self.lines(text, flaw.level.value)
        notes = cut_lines(self.lines(self._next), 1 + 2 * len(blank), self.inner_width)
        self.show("#notes", [*blank, *notes])
        follow_up = [(".", self._follow_up)] if self._follow_up else []
        self.show_list(lines, *follow_up, ("Enter", "Close"))

    def _next_step(self, names: Sequence[str]) -> str:
        if not names:
            return "No key was adopted."
        pair, _ = read_pair(self._session, names[0])
        step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
        self._follow_up = step.capitalize() if len(names) == 1 else ""
        next_step = f"Next: {step}." if len(names) == 1 else _NEXT_STEPS_IN_LIST
        return f"{next_step} The original files are unchanged."
