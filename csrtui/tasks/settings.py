"""Read the user's configuration. If it does not exist, which is usual, nothing is imported or parsed."""

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
    """Return the configuration, or None if the file is missing or empty.

    Raises:
        InputError: The file is not safe, or it contains a mistake. The message names the mistake.
    """
    path = config_path(environ)
    text = read_config_text(path)
    if not text:
        return None
    from csrtui.core.config.settings import parse_config

    return parse_config(text, path)


@contextmanager
def naming_config_file(environ: Mapping[str, str]) -> Iterator[None]:
    """Prefix the errors of the block with the path of the configuration.

    This is for values that are not checked until they are used.

    Raises:
        InputError: The prefixed error.
    """
    try:
        yield
    except InputError as error:
        raise InputError(f"{visible(config_path(environ))}: {error.message}", error.hint) from error
