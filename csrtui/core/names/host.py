"""The host inside a URL, an e-mail address, a host with a port, a path or a network."""

import re

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
