"""Where the store is."""

import os
from collections.abc import Mapping

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

VARIABLE = "CSRTUI_STORE"
"""The environment variable that names the store."""


def store_path(option: str | None, environ: Mapping[str, str]) -> str:
    """Return the store's absolute path: the option, else `VARIABLE`, else the user's data folder.

    Raises:
        InputError: The option or the variable is empty, or holds what no path can; or there is no folder to start from,
            because the user has no home or the current folder is gone.
    """
    for text, source in ((option, "--store"), (environ.get(VARIABLE), f"${VARIABLE}")):
        if text is None:
            continue
        if not _can_be_path(text):
            raise InputError(
                f'{source} is "{visible(text)}", which is no folder', "give the folder of the store"
            )
        return _absolute(text)
    return _absolute(_default())


def store_source(option: str | None, environ: Mapping[str, str]) -> str | None:
    """Return what names the store, ``--store`` or the variable; None where the store is the default."""
    if option is not None:
        return "--store"
    return f"${VARIABLE}" if VARIABLE in environ else None


def _can_be_path(text: str) -> bool:
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # half a character of UTF-16
        return False


def _default() -> str:
    """Without a home, some releases of platformdirs raise an error and some leave the tilde as it is."""
    from platformdirs import user_data_dir

    no_home = InputError("this user has no home folder to keep a store in", "name its folder with --store")
    try:
        path = user_data_dir("csrtui", appauthor=False)
    except RuntimeError as error:
        raise no_home from error
    if path.startswith("~"):
        raise no_home
    return path


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except FileNotFoundError as error:
        raise InputError(
            f"{visible(path)} is relative to a folder that is gone", "give an absolute path with --store"
        ) from error


def store_to_name(path: str) -> str:
    """Return the path of a store where a command has to name it, or nothing: it is in the user's data folder.

    The variable does not count: it need not be set where the command is typed.
    """
    try:
        return "" if path == _absolute(_default()) else path
    except InputError:
        return path
