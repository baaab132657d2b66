"""Split pasted text into names, and extract the host from a URL, an e-mail address or a host with a port."""

import re

_SCHEME = r"(?i)[A-Za-z][A-Za-z0-9+.-]*:/{2,}|(?:https?|ftp|mailto|email|uri|url|dns|ip|cn):/*"
_END = r"[/\\?#\s]"
_PORT = r"(.*?):[0-9]*"
_ZONE = r"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)%.*"
_DIRECTIVE = r"(?im)^[ \t]*(?:server_name|ServerName|ServerAlias)[ \t]+(?=\S)"
_BULLET = r"(?m)^[ \t]*[-–—•·*][ \t]+(?=[^\s.])"
_KIND = r"(?i)(?<![^\s,;|\"'`(\[{<])(?:DNS(?: Name)?|IP(?: Address)?|CN|subjectAltName)[ \t]*[:=][ \t]*(?=\S)"
"""Matches the labels that openssl (``DNS:``, ``IP Address:``) and Windows (``DNS Name=``) put before names."""
_SEPARATOR = r"[\s,;|\uff0c\uff1b\u3001]+"
_BRACKETS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "<": ">",
    "“": "”",
    "‘": "’",
    "«": "»",
    '"': '"',
    "'": "'",
    "`": "`",
}
_OPENING_BRACKETS = {closing: opening for opening, closing in _BRACKETS.items()}


def extract_host(text: str) -> str | None:
    """Return the host part of a text, unchecked, or "" if it has no host part.

    Return None if the text has no scheme, user, port, path or zone, so that there is nothing to extract.
    """
    if not any(mark in text for mark in "/@:") and not text.startswith("\\\\"):
        return None
    scheme = re.match(_SCHEME, text)
    rest = text[scheme.end() :] if scheme else text.lstrip("\\/")
    host = re.split(_END, rest, maxsplit=1)[0].rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    port = re.fullmatch(_PORT, host)
    if port and ":" not in port[1]:
        host = port[1]
    if zone := re.fullmatch(_ZONE, host):
        host = zone[1]
    if host == text:
        return None
    return host.strip().rstrip(".")


def split_names(text: str) -> list[str]:
    """Return the names in pasted text, in order.

    Names are separated by white space, commas, semicolons and vertical bars. Quotes and brackets around a name, list
    bullets, the labels ``DNS:`` and ``IP Address:``, and web server directives (``server_name``, ``ServerName``,
    ``ServerAlias``) are removed. Invalid names are returned too, so that the advice can mention them.
    """
    for pattern in (_DIRECTIVE, _BULLET, _KIND):
        text = re.sub(pattern, " ", text)
    return [name for name in map(_unwrap, re.split(_SEPARATOR, text)) if name]


def _unwrap(word: str) -> str:
    """Return a word without the quotes and brackets around it. Keep a bracket that is matched inside (``[::1]:443``)."""
    previous = None
    while word != previous:
        previous = word
        closing = _BRACKETS.get(word[:1])
        if closing and closing not in word[1:-1]:
            word = word[1:].removesuffix(closing)
        opening = _OPENING_BRACKETS.get(word[-1:])
        if opening and opening not in word[:-1]:
            word = word[:-1]
    return word
