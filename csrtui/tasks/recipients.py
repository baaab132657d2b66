"""Who backups are encrypted to, as people name them: by themselves, or by files that hold them."""

import os
from collections.abc import Iterable

from csrtui.core.backups.recipients import (
    MAX_BYTES,
    Recipient,
    limited,
    looks_like_recipient,
    read_recipients,
)
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.files import read_foreign

_USUAL = ("~/.ssh/id_ed25519.pub", "~/.ssh/id_rsa.pub")
"""Where most people have the public half of a key that can open backups."""


def recipients_of(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the recipients that texts and files of them name, each once, in their order.

    Args:
        texts: ``age1…``, an SSH public key, or the path of a file of them, each.

    Raises:
        InputError: One is none, or a file of them cannot be read.
    """
    found = [recipient for text in texts for recipient in _recipients(text)]
    return limited(tuple(dict.fromkeys(found)))


def split_recipients(text: str) -> list[str]:
    """Return what a field of recipients names: they are separated by commas, and ``~`` is written out."""
    return [os.path.expanduser(part) for part in map(str.strip, text.split(",")) if part]


def usual_recipient() -> str:
    """Return the path of the user's own SSH public key, or an empty text where there is none."""
    return next((path for path in _USUAL if os.path.isfile(os.path.expanduser(path))), "")


def _recipients(text: str) -> tuple[Recipient, ...]:
    if looks_like_recipient(text):
        return read_recipients(text)
    data = read_foreign(text, MAX_BYTES)
    try:
        return read_recipients(data.decode("utf-8", "backslashreplace"))
    except InputError as error:
        raise InputError(f"{visible(text)}: {error.what}", error.hint) from error
