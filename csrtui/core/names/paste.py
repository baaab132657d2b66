"""Names sorted out of a paste: a mail, a spreadsheet, a line of a web server's configuration."""

import re
from collections.abc import Iterator

_DIRECTIVE = re.compile(
    r"^[ \t]*(?:server_name|ServerName|ServerAlias)[ \t]+(?=\S)", re.IGNORECASE | re.MULTILINE
)
_BULLET = re.compile(r"^[ \t]*[-–—•·*][ \t]+(?=[^\s.])", re.MULTILINE)
_KIND = re.compile(
    r"(?<![^\s,;|\"'`(\[{<])(?:DNS(?: Name)?|IP(?: Address)?|CN|subjectAltName)[ \t]*[:=][ \t]*(?=\S)",
    re.IGNORECASE,
)
"""``DNS:`` and ``IP Address:`` as openssl prints them, ``DNS Name=`` as Windows does."""
_SEPARATOR = re.compile(r"[\s,;|\uff0c\uff1b\u3001]+")
_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">", "“": "”", "‘": "’", "«": "»", '"': '"', "'": "'", "`": "`"}
_CLOSERS = {closer: opener for opener, closer in _PAIRS.items()}


def tokens(text: str) -> Iterator[str]:
    """The names of a paste, in order, as typed; see `csrtui.core.names.name.split_names`."""
    for pattern in (_DIRECTIVE, _BULLET, _KIND):
        text = pattern.sub(" ", text)
    for word in _SEPARATOR.split(text):
        if token := _unwrapped(word):
            yield token


def _unwrapped(word: str) -> str:
    """A word without quotes and brackets around it; a bracket whose partner is inside stays (``[::1]:443``)."""
    before = None
    while word != before:
        before = word
        closer = _PAIRS.get(word[:1])
        if closer and closer not in word[1:-1]:
            word = word[1:].removesuffix(closer)
        opener = _CLOSERS.get(word[-1:])
        if opener and opener not in word[:-1]:
            word = word[:-1]
    return word
