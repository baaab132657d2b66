"""The user's settings, when there are any: most start without, and read nothing then."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.config_file import config_path, read_config_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from csrtui.core.config.settings import Config


def load_settings(environ: Mapping[str, str]) -> Config | None:
    """Return the configuration, or None where there is no file or nothing in it.

    Raises:
        InputError: The file is not safe, or something in it is wrong: the error says what and where.
    """
    path = config_path(environ)
    text = read_config_text(path)
    if not text:
        return None
    from csrtui.core.config.settings import parse_config

    return parse_config(text, path)


@contextmanager
def in_settings(environ: Mapping[str, str]) -> Iterator[None]:
    """Name the configuration's file in an error about what it says, which whoever takes it up may find late.

    Raises:
        InputError: That of the block, with the file.
    """
    try:
        yield
    except InputError as error:
        raise InputError(f"{visible(config_path(environ))}: {error.what}", error.hint) from error
