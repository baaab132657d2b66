"""Extract names from pasted text, and the host from a URL, an e-mail address or a host with a port."""

import re
from collections.abc import Iterator

_SCHEME = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:/{2,}|(?:https?|ftp|mailto|email|uri|url|dns|ip|cn):/*", re.IGNORECASE
)
_END = re.compile(r"[/\\?#\s]")
_PORT = re.compile(r"(.*?):[0-9]*")
_ZONE = re.compile(r"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)%.*")


def host_inside(text: str) -> str | None:
    """What stands where the host stands, unread; empty when nothing does.

    Returns:
        None when the text is not more than a host: it holds no scheme, path, port, user or zone.
    """
    if not any(mark in text for mark in "/@:") and not text.startswith("\\\\"):
        return None
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text.lstrip("\\/")
    host = _END.split(rest, maxsplit=1)[0].rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    port = _PORT.fullmatch(host)
    if port and ":" not in port[1]:
        host = port[1]
    if zone := _ZONE.fullmatch(host):
        host = zone[1]
    if host == text:
        return None
    return host.strip().rstrip(".")


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
