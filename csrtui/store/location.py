"""Where the store is."""

import os
from collections.abc import Mapping

from csrtui.core.errors import InputError
from csrtui.core.visible import visible

VARIABLE = "CSRTUI_STORE"
"""The environment variable that names the store."""


def store_path(option: str | None, environ: Mapping[str, str]) -> str:
    """Return the store's absolute path: the option, else `VARIABLE`, else the user's data folder.

    Raises:
        InputError: The option or the variable is empty or holds a NUL.
    """
    for text, source in ((option, "--store"), (environ.get(VARIABLE), f"${VARIABLE}")):
        if text is None:
            continue
        if not text or "\0" in text:
            raise InputError(
                f'{source} is "{visible(text)}", which is no folder', "give the folder of the store"
            )
        return os.path.abspath(text)
    from platformdirs import user_data_dir

    return os.path.abspath(user_data_dir("csrtui", appauthor=False))
