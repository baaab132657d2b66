"""The preview: the request decoded from the DER that will be signed, the covered names, and the advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.advice.advisor import Advice
    from csrtui.core.base.finding import Finding
    from csrtui.core.certificates.csr import Request
    from csrtui.tui.widgets.text_block import Line, Part

_LABEL_WIDTH = 10
_MAX_SUBJECT_LINES = 3
_MAX_COVERS_LINES = 3
_MAX_COVERAGE_LINES = 2
_LOW = 7
"""With fewer lines, the text of the advice is more important than the subject and the names."""
_MIN_KEYS = 40
"""The cells that the text of a finding needs so that the key for the next finding is shown below it."""


@dataclass(frozen=True, slots=True)
class PreviewPlaceholder:
    """Texts that the preview shows for a request that differs between hosts."""

    subject: str
    covers: str


class Preview(TextBlock):
    """The subject and the covered names, followed by the current finding with its fix and then the other findings."""

    _advice: Advice | None = None
    _request: Request | None = None
    _findings: Sequence[Finding] = ()
    _current = 0
    _placeholder: PreviewPlaceholder | None = None
    _introduction: Sequence[str] = ()

    def __init__(self, fix_key: str, next_key: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._fix_key = fix_key
        self._next_key = next_key

    def show_preview(
        self,
        advice: Advice,
        request: Request | None,
        findings: Sequence[Finding],
        current: int,
        placeholder: PreviewPlaceholder | None = None,
        *,
        introduction: Sequence[str] = (),
    ) -> None:
        """Show the preview.

        Args:
            advice: The advice on the request.
            request: The request, decoded from its DER, or None if no CSR can contain the typed values.
            findings: The findings, in the order in which the user steps through them.
            current: The index of the current finding.
            placeholder: Texts to show for the subject and the names, or None to show those of the request.
            introduction: Sentences to show in place of the subject and the names until a name is typed.
        """
        self._placeholder, self._introduction = placeholder, introduction
        self._advice, self._request = advice, request
        self._findings, self._current = findings, current
        self._draw()

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        self._draw()

    def _draw(self) -> None:
        if self._advice is None:
            return
        if self._introduction:
            lines = [line for text in self._introduction for line in _plain_block(text, self.size.width)]
        else:
            lines = self._facts()
        room = self.size.height - len(lines)
        self.show(lines + self._advice_lines(room))

    def _facts(self) -> list[Line]:
        """Return the subject and the names. On a short screen, shorten the names or leave them out, to make room for the advice."""
        subject, needed = self._subject(), 0
        if self._findings and self.size.height < _LOW:
            needed = len(self._full_lines(self._findings[self._current]))
        for names in (self._covers(_MAX_COVERS_LINES), self._covers(1), []):
            if len(subject) + len(names) + needed <= self.size.height:
                return [*subject, *names]
        return [] if needed else subject

    def _subject(self) -> list[Line]:
        if self._placeholder is not None:
            return _plain_block(self._placeholder.subject, self.size.width)
        if self._request is None:
            if any(finding.blocks for finding in self._findings):
                return [((" – (fix the errors below)", "label"),)]
            is_unnamed = self._advice is not None and not self._advice.subject.common_name
            return [((" – (enter a common name)" if is_unnamed else "", "label"),)]
        return _plain_block(self._request.subject_text or "(empty)", self.size.width)

    def _covers(self, max_lines: int) -> list[Line]:
        if self._placeholder is not None:
            return _block("Covers", self._placeholder.covers, self._text_width, max_lines)
        if self._advice is None or not self._advice.covered_names:
            return [_labelled("Covers", "", "label")]
        names = [
            name.display if name.text == name.display else f"{name.display} ({name.text})"
            for name in self._advice.names
        ]
        text = "  ".join(visible(name) for name in names)
        if len(names) > 1:
            text = f"{len(names)} names: {text}"
        lines = _block("Covers", text, self._text_width, max_lines)
        wildcard = next((name for name in self._advice.names if name.is_wildcard), None)
        if wildcard is not None:
            from csrtui.core.advice.advisor import describe_coverage

            coverage = visible(describe_coverage(wildcard))
            lines += _block("", coverage, self._text_width, _MAX_COVERAGE_LINES, "label")
        return lines

    def _advice_lines(self, room: int) -> list[Line]:
        if room < 2 or not self._findings:  # noqa: PLR2004 - a blank line and one of text
            return []
        finding = self._findings[self._current]
        lines = self._full_lines(finding)
        keys = self._key_line(finding)
        if len(lines) > room and keys:  # cut the end of the text and not the keys
            lines = [*_text_lines(finding, wrap(finding.text, self._text_width, room - 1)), keys]
        elif len(lines) < room:
            lines = [(), *lines]
        others = [other for index, other in enumerate(self._findings) if index != self._current]
        rest = max(room - len(lines) - 1, 0)
        if others and rest:
            lines += [(), *self._other_lines(others, rest)]
        return lines[:room]

    def _other_lines(self, findings: Sequence[Finding], room: int) -> list[Line]:
        """Return one or more lines for each of the first `room` findings. Spare lines go to the first of them."""
        wrapped_texts = [wrap(finding.text, self._text_width) for finding in findings[:room]]
        spare = room - len(wrapped_texts)
        lines: list[Line] = []
        for finding, texts in zip(findings, wrapped_texts, strict=False):
            extra = min(len(texts) - 1, spare)
            spare -= extra
            labels = [_level_label(finding), *[" " * _LABEL_WIDTH] * extra]
            fitting = [*texts[:extra], cut(" ".join(texts[extra:]), self._text_width)]
            lines += [
                ((label, "label"), (text, "label")) for label, text in zip(labels, fitting, strict=True)
            ]
        return lines

    def _full_lines(self, finding: Finding) -> list[Line]:
        """Return lines with the whole text of the finding, the key of its fix, and its number among the findings."""
        texts = wrap(finding.text, self._text_width)
        lines = _text_lines(finding, texts)
        keys = self._key_line(finding)
        if keys and finding.fix is None:  # the number fits beside the text in most cases
            keys_width = sum(cell_len(text) for text, _ in keys[1:])
            gap = self._text_width - cell_len(texts[-1]) - keys_width
            if gap > 1:
                return [*lines[:-1], (*lines[-1], (" " * gap, ""), *keys[1:])]
        return [*lines, keys] if keys else lines

    def _key_line(self, finding: Finding) -> Line:
        """Return a line with the keys for the fix and for the next finding, or an empty line if there are none."""
        next_parts: list[Part] = []
        if len(self._findings) > 1:
            next_parts = [(f"{self._current + 1} of {len(self._findings)}", "label")]
        if next_parts and self._text_width >= _MIN_KEYS:
            next_parts = [(self._next_key, "key"), (" next  ", "label"), *next_parts]
        if finding.fix is None:
            return ((" " * _LABEL_WIDTH, ""), *next_parts) if next_parts else ()
        fix = visible(finding.fix.label)
        room = self._text_width - len(self._fix_key) - 2 - sum(len(text) for text, _ in next_parts)
        if (
            next_parts[1:] and cell_len(fix) > room - 2
        ):  # the command bar shows the key of the next finding too
            room += sum(len(text) for text, _ in next_parts[:-1])
            next_parts = next_parts[-1:]
        fix = cut(fix, room - 2)
        gap = " " * max(room - cell_len(fix), 2)
        return (
            (" " * _LABEL_WIDTH, ""), (self._fix_key, "key"), (f"  {fix}{gap}" if next_parts else f"  {fix}", ""),
            *next_parts,
        )  # fmt: skip

    @property
    def _text_width(self) -> int:
        return max(self.size.width - _LABEL_WIDTH - 1, 8)


def _text_lines(finding: Finding, texts: Sequence[str]) -> list[Line]:
    first: Line = ((_level_label(finding), finding.level.value), (texts[0], ""))
    return [first, *(((" " * _LABEL_WIDTH, ""), (text, "")) for text in texts[1:])]


def _level_label(finding: Finding) -> str:
    return " " + finding.level.value.capitalize().ljust(_LABEL_WIDTH - 1)


def _labelled(label: str, text: str, style: str = "") -> Line:
    return ((f" {label}".ljust(_LABEL_WIDTH), "label"), (text, style))


def _plain_block(text: str, width: int) -> list[Line]:
    """Return `text` in at most `_MAX_SUBJECT_LINES` lines, without a label."""
    return [((f" {line}", ""),) for line in wrap(text, max(width - 2, 8), _MAX_SUBJECT_LINES)]


def _block(label: str, text: str, width: int, max_lines: int, style: str = "") -> list[Line]:
    """Return `text` in at most `max_lines` lines, with the label on the first line."""
    lines = wrap(text, width, max_lines)
    return [_labelled("" if index else label, line, style) for index, line in enumerate(lines)]
