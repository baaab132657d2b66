"""Find the folder of the store."""

import os
from collections.abc import Mapping

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

STORE_VARIABLE = "CSRTUI_STORE"
"""The environment variable that names the store."""


def store_path(option: str | None, environ: Mapping[str, str]) -> str:
    """Return the absolute path of the store, from the option, or else `STORE_VARIABLE`, or else the user's data folder.

    Raises:
        InputError: The option or the variable is empty or not a valid path, or it is relative and the current folder
            no longer exists. Or neither is set, and the user has no home folder.
    """
    for text, source in ((option, "--store"), (environ.get(STORE_VARIABLE), f"${STORE_VARIABLE}")):
        if text is None:
            continue
        if not _can_be_path(text):
            raise InputError(f'{source} is "{visible(text)}": not a folder', "enter the folder of the store")
        return _absolute(text)
    return _absolute(_default_path())


def store_source(option: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the option or variable that names the store, or None if the store is the default store."""
    if option is not None:
        return "--store"
    return f"${STORE_VARIABLE}" if STORE_VARIABLE in environ else None


def store_argument(path: str) -> str:
    """Return the path of a store for a command line, or an empty string if it is in the user's data folder.

    `STORE_VARIABLE` is ignored, because it may not be set where the command is entered.
    """
    try:
        return "" if path == _absolute(_default_path()) else path
    except InputError:
        return path


def _can_be_path(text: str) -> bool:
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # half of a UTF-16 surrogate pair
        return False


def _default_path() -> str:
    from platformdirs import user_data_dir

    # Without a home folder, some releases of platformdirs raise an error and some return the tilde unchanged.
    no_home = InputError("this user has no home folder for the store", "choose a folder with --store")
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
            f"{visible(path)} is relative to a folder that no longer exists",
            "enter an absolute path with --store",
        ) from error
