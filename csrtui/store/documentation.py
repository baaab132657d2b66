"""Read the documentation and the completion scripts that are installed with csrtui."""

import os
import re
from typing import Final

import csrtui
from csrtui.core.base.errors import StoreError

SHELLS: Final = ("bash", "fish", "zsh")
"""The shells for which there is a completion script."""

_FOLDER: Final = os.path.join(os.path.dirname(csrtui.__file__), "docs")
_COMPLETIONS: Final = os.path.join(os.path.dirname(csrtui.__file__), "completions")
_COMMENT: Final = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def topics() -> dict[str, str]:
    """Return the titles of all topics by name, in alphabetical order.

    Raises:
        StoreError: The documentation is not installed.
    """
    try:
        files = sorted(name for name in os.listdir(_FOLDER) if name.endswith(".md"))
    except OSError as error:
        raise StoreError(f"the documentation cannot be read: {_FOLDER}", "install csrtui again") from error
    return {
        name.removesuffix(".md"): _read(_FOLDER, name).partition("\n")[0].removeprefix("# ") for name in files
    }


def read_topic(name: str) -> str:
    """Return the text of a topic, as Markdown without comments.

    Args:
        name: One of the names of `topics`.

    Raises:
        StoreError: The file cannot be read.
    """
    return _COMMENT.sub("", _read(_FOLDER, f"{name}.md"))


def read_completion(shell: str) -> str:
    """Return the completion script for one of the `SHELLS`.

    Raises:
        StoreError: The file cannot be read.
    """
    return _read(_COMPLETIONS, f"csrtui.{shell}")


def _read(folder: str, file: str) -> str:
    path = os.path.join(folder, file)
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, ValueError) as error:
        raise StoreError(f"a file of csrtui cannot be read: {path}", "install csrtui again") from error
