"""Text that harms terminals, programs and people, as a table; and the bytes that a terminal may receive, as another."""

from __future__ import annotations

import re

HOSTILE = {
    "escape": "a\x1b[31mred\x1b[0m",
    "clipboard": "\x1b]52;c;aGFja2Vk\x07",
    "link": "\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "title": "\x1b]0;owned\x1b\\",
    "answerback": "\x1b[c\x1b[6n\x05\x1bP+q544e\x1b\\",
    "screen": "\x1b[2J\x1b[H\x1b[?1049l\x1bc",
    "c1": "\x9b31m\x9d52;c;aGFja2Vk\x9c",
    "bidi": "abc\u202egnp.exe\u2066x\u2069",
    "zero width": "a\u200bb\u200d\ufeffc",
    "nul": "a\x00b",
    "carriage return": "visible\rhidden",
    "erased": "rm -rf /\b\b\b\b\b\b\b\bharmless\x7f",
    "action": "[@click=app.quit]x[/]",
    "markup": "a[/b] [bold]b[/bold] [link=x]",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 é́́́",
    "combining": "e" + "\u0301" * 50,
    "wide": "漢字" * 30,
    "separators": "a\u2028b\u2029c\x85d",
    "surrogate": "a\ud800b",
    "tags": "\U000e0041\U000e007f",
    "variation": "a\ufe0f\U000e0100",
    "long": "x" * 10_000,
    "percent": "%s %n {0} {text} ${HOME} `id` $(id)",
    "template": "{{ lookup('pipe', 'id >template-ran') }}",
    "template loop": "{% for one in [1] %}x{% endfor %}",
    "template sum": "{{ 7*7 }}",
    "template class": "{{ ''.__class__ }}",
    "template comment": "{# x #}",
    "template open": "{{ x",
    "variable": "{{ inventory_hostname }}",
}
"""The kind, and an example."""
ALL_IN_ONE = "".join(text for name, text in HOSTILE.items() if name not in {"long", "wide"})
"""Nearly all of them in one text, except those that have an effect only alone, or hide the others."""
ALONE = frozenset({"action", "markup", "long", "template"})
"""Texts that are also tried alone."""

_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|.)", re.DOTALL
)
_MEANT = re.compile(
    rb"\x1b(?:"
    rb"\[[0-9;:]*m"  # colours and attributes
    rb"|\[[0-9;]*[HGABCDdJKX@P]"  # cursor position; erasing, inserting and deleting cells
    rb"|\[\?(?:7|25|1004|1049|2004|2026|2048)[hl]"  # line wrap, cursor, focus, alternate screen, pastes, synchronized output, size
    rb"|\[\?(?:2026|2048)\$p"  # query for the last two
    rb"|\[\?(?:1000|1003|1006|1015|1016)[l]"  # mouse off
    rb"|\[[<>]?[0-9]*u"  # keyboard protocol
    rb"|[78]"  # save and restore the cursor
    rb")"
)
_CLEAN = re.compile(r"[\x20-\x7e\xa1-\U0010ffff]*")
_INVISIBLE = re.compile(
    "[\xad\u034f\u115f\u1160\u2800\u3164\ufe00-\ufe0f\uffa0\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def not_meant(raw: bytes) -> list[bytes]:
    """Return the bytes for a terminal that are neither printable text nor one of csrtui's own sequences.

    This is an allow-list, so unexpected sequences are returned.
    """
    found = [sequence for sequence in _SEQUENCE.findall(raw) if not _MEANT.fullmatch(sequence)]
    rest = _SEQUENCE.sub(b"", raw).decode("utf-8", "replace")
    odd = {one for one in rest if not _CLEAN.fullmatch(one) or _INVISIBLE.fullmatch(one)} - {"\r", "\n"}
    return found + sorted(one.encode() for one in odd)


def for_a_file_name(text: str) -> str:
    """Return the longest part of a text that can be a file name."""
    kept = text.replace("\0", "").replace("/", "|").encode("utf-8", "replace")[:120]
    return kept.decode("utf-8", "ignore") or "empty"


def encodable(text: str) -> str:
    """Return a text without lone surrogates, which UTF-8 cannot represent."""
    return text.encode("utf-8", "replace").decode()
