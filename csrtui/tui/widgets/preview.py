"""What will be signed, what it covers, and the advice: decoded from the DER, not from the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.advice.advisor import Advice
    from csrtui.core.base.finding import Finding
    from csrtui.core.certificates.csr import Request
    from csrtui.tui.widgets.text_block import Line

_LABEL = 10
_MAX_SUBJECT = 3
_MAX_COVERS = 3
_MAX_REACH = 2


@dataclass(frozen=True, slots=True)
class Ahead:
    """What stands in the place of what will be signed, as long as that differs from host to host.

    Attributes:
        subject: For the subject.
        covers: For the names.
    """

    subject: str
    covers: str


class Preview(TextBlock):
    """The subject and the covered names, and under them the finding at hand with its fix, then the others.

    Args:
        fix_key: The key that applies the fix of the finding at hand.
        id: The widget's id.
    """

    _advice: Advice | None = None
    _request: Request | None = None
    _findings: Sequence[Finding] = ()
    _current = 0
    _ahead: Ahead | None = None

    def __init__(self, fix_key: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._fix_key = fix_key

    def show_preview(
        self,
        advice: Advice,
        request: Request | None,
        findings: Sequence[Finding],
        current: int,
        ahead: Ahead | None = None,
    ) -> None:
        """Show the preview.

        Args:
            advice: What is to be said.
            request: What the CSR will say; None while no CSR can hold what was typed.
            findings: The findings in the order in which they are gone through.
            current: Which of them is at hand.
            ahead: What stands there for the subject and the names; None for what they are.
        """
        self._ahead = ahead
        self._advice, self._request = advice, request
        self._findings, self._current = findings, current
        self._draw()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        if self._advice is None:
            return
        lines = [*self._subject(), *self._covers()]
        room = self.size.height - len(lines)
        self.show(lines + self._advice_lines(room))

    def _subject(self) -> list[Line]:
        if self._ahead is not None:
            return _block("Subject", self._ahead.subject, self._text_width, _MAX_SUBJECT)
        if self._request is None:
            typed = self._advice is not None and any(finding.blocks for finding in self._findings)
            return [_labelled("Subject", "– (fix the errors below)" if typed else "", "label")]
        return _block("Subject", self._request.subject_text, self._text_width, _MAX_SUBJECT)

    def _covers(self) -> list[Line]:
        if self._ahead is not None:
            return _block("Covers", self._ahead.covers, self._text_width, _MAX_COVERS)
        if self._advice is None or not self._advice.covers:
            return [_labelled("Covers", "", "label")]
        names = [
            name.shown if name.text == name.shown else f"{name.shown} ({name.text})"
            for name in self._advice.names
        ]
        text = "  ".join(visible(name) for name in names)
        if len(names) > 1:
            text = f"{len(names)} names: {text}"
        lines = _block("Covers", text, self._text_width, _MAX_COVERS)
        wildcard = next((name for name in self._advice.names if name.is_wildcard), None)
        if wildcard is not None:
            from csrtui.core.advice.advisor import reach

            lines += _block("", visible(reach(wildcard)), self._text_width, _MAX_REACH, "label")
        return lines

    def _advice_lines(self, room: int) -> list[Line]:
        if room < 2 or not self._findings:  # noqa: PLR2004 - a blank line and one of text
            return []
        finding = self._findings[self._current]
        lines: list[Line] = [(), *self._whole(finding)] if room > 4 else self._whole(finding)  # noqa: PLR2004 - room for a blank line too
        if len(lines) > room:  # the key that fixes it is worth more than the end of the sentence
            lines = [*lines[: room - 2], self._short(finding), lines[-1]] if finding.fix else lines
        others = [other for at, other in enumerate(self._findings) if at != self._current]
        space = max(room - len(lines) - 1, 0)
        if others and space:
            lines += [(), *self._others(others, space)]
        return lines[:room]

    def _others(self, findings: Sequence[Finding], space: int) -> list[Line]:
        """The findings that are not at hand: a line each, and whole as far as there is space."""
        texts = [wrap(finding.text, self._text_width) for finding in findings[:space]]
        spare = space - len(texts)
        lines: list[Line] = []
        for finding, text in zip(findings, texts, strict=False):
            more = min(len(text) - 1, spare)
            spare -= more
            label = " " + finding.level.value.capitalize().ljust(_LABEL - 1)
            shown = [*text[:more], cut(" ".join(text[more:]), self._text_width)]
            lines += [
                ((label if at == 0 else "".ljust(_LABEL), "label"), (one, "label"))
                for at, one in enumerate(shown)
            ]
        return lines

    def _whole(self, finding: Finding) -> list[Line]:
        level = finding.level.value
        count = f"{self._current + 1} of {len(self._findings)}" if len(self._findings) > 1 else ""
        texts = wrap(finding.text, self._text_width)
        lines: list[Line] = [
            ((" " + level.capitalize().ljust(_LABEL - 1), level), (texts[0], "")),
            *((("".ljust(_LABEL), ""), (text, "")) for text in texts[1:]),
        ]
        if finding.fix:
            key = self._fix_key
            room = self._text_width - len(key) - 2 - len(count)  # beside the key, its gap and the count
            fix = cut(visible(finding.fix.label), room - 3)
            gap = " " * max(room - len(fix), 2)
            lines.append((("".ljust(_LABEL), ""), (key, "key"), (f"  {fix}{gap}", ""), (count, "label")))
        elif count:
            lines.append((("".ljust(_LABEL), ""), (count.rjust(self._text_width), "label")))
        return lines

    def _short(self, finding: Finding) -> Line:
        label = " " + finding.level.value.capitalize().ljust(_LABEL - 1)
        return ((label, "label"), (cut(finding.text, self._text_width), "label"))

    @property
    def _text_width(self) -> int:
        return max(self.size.width - _LABEL - 1, 8)


def _labelled(label: str, text: str, manner: str = "") -> Line:
    return ((f" {label}".ljust(_LABEL), "label"), (text, manner))


def _block(label: str, text: str, width: int, most: int, manner: str = "") -> list[Line]:
    texts = wrap(text, width)
    if len(texts) > most:
        texts = [*texts[: most - 1], cut(" ".join(texts[most - 1 :]), width)]
    return [_labelled(label if at == 0 else "", text, manner) for at, text in enumerate(texts)]
