"""The server software that csrtui knows, as a table."""

from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.keys.key_types import DEFAULT_KEY_TYPE, KeyType


class Platform(NamedTuple):
    """One server software.

    Attributes:
        id: What the command line and JSON call it.
        label: What its makers call it.
        key_type: The key type a request for it starts with.
    """

    id: str
    label: str
    key_type: KeyType = DEFAULT_KEY_TYPE


OTHER = "other"

_ROWS = (
    Platform("nginx", "nginx"),
    Platform("apache", "Apache httpd"),
    Platform("haproxy", "HAProxy"),
    Platform("postfix", "Postfix"),
    Platform("dovecot", "Dovecot"),
    Platform("exim", "Exim"),
    Platform("lighttpd", "lighttpd"),
    Platform("tomcat", "Apache Tomcat"),
    Platform("weblogic", "Oracle WebLogic", KeyType.RSA_2048),
    Platform("iis", "Microsoft IIS"),
    Platform("exchange", "Microsoft Exchange", KeyType.RSA_2048),
    Platform("f5", "F5 BIG-IP"),
    Platform("cpanel", "cPanel"),
    Platform("plesk", "Plesk"),
    Platform("domino", "HCL Domino", KeyType.RSA_2048),
    Platform(OTHER, "other"),
)

PLATFORMS = {row.id: row for row in _ROWS}
"""Every platform by its id, in the order in which people are shown them."""


def read_platform(text: str) -> Platform:
    """Return the platform called `text`.

    Raises:
        InputError: There is none of that name; the hint lists them.
    """
    try:
        return PLATFORMS[text]
    except KeyError:
        raise InputError(f"unknown server software {text[:60]!r}", f"known: {', '.join(PLATFORMS)}") from None
