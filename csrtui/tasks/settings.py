"""The user's settings, when there are any: most start without, and read nothing then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.store.config_file import config_path, read_config_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csrtui.core.config import Config


def load_settings(environ: Mapping[str, str]) -> Config | None:
    """Return the configuration, or None where there is no file or nothing in it.

    Raises:
        InputError: The file is not safe, or something in it is wrong: the error says what and where.
    """
    path = config_path(environ)
    text = read_config_text(path)
    if not text:
        return None
    from csrtui.core.config import parse_config

    return parse_config(text, path)
