"""Read data files: public suffixes, server software, passphrase words, compromised keys and the documentation.

The suffix list comes from a package. Compromised keys are found only if `badkeys` and its list are installed.
"""

import os
import re
import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import csrtui
from csrtui.core.base.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csrtui.core.keys.key_types import PublicKey
    from csrtui.core.servers.server import Server


_WORDS = os.path.join(os.path.dirname(__file__), "words", "english.txt")
"""The English words of BIP 39, from python-mnemonic 0.21 (MIT, LICENSE beside it)."""
_SERVERS: Final = os.path.join(os.path.dirname(csrtui.__file__), "core", "servers", "servers.toml")
_BADKEYS_FILES = ("blocklist.dat", "badkeysdata.json")
_REINSTALL = "install csrtui again"


def read_public_suffix_list() -> str:
    """Return the public suffix list from the installed `publicsuffixlist` package.

    Raises:
        StoreError: The package or its data file does not exist.
    """
    spec = find_spec("publicsuffixlist")  # importing the package would take longer
    if spec is None or spec.origin is None:
        raise StoreError("the package publicsuffixlist is not installed", _REINSTALL)
    return _read(
        os.path.join(os.path.dirname(spec.origin), "public_suffix_list.dat"), "the public suffix list"
    )


def read_passphrase_words() -> tuple[str, ...]:
    """Return the 2,048 English words of BIP 39. The first four letters of each word are unique.

    Raises:
        StoreError: The list cannot be read.
    """
    return tuple(_read(_WORDS, "the word list").split())


@cache
def servers() -> "Mapping[str, Server]":
    """Return the table of server software, by platform id.

    Raises:
        StoreError: The table cannot be read.
    """
    from csrtui.core.servers.server import parse_servers

    return parse_servers(_read(_SERVERS, "the table of server software"))


def _read(path: str, subject: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8")  # four times as fast as reading text
    except (OSError, ValueError) as error:
        raise StoreError(f"{subject} cannot be read: {path}", _REINSTALL) from error


def find_compromised_key(public_key: "PublicKey") -> str | None:
    """Return the name of the badkeys list that contains a public key, or None.

    None means that no list contains the key, or that badkeys or its list is not installed or cannot be read. The first
    call in a process takes 0.1 s longer, for the import.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    folder = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "badkeys")
    if not all(os.path.isfile(os.path.join(folder, name)) for name in _BADKEYS_FILES):
        return None
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # badkeys uses types that cryptography has deprecated
            from badkeys import checkpubkey

            results = checkpubkey(pem, checks=["blocklist"])["results"]
        return str(results["blocklist"]["subtest"]) if "blocklist" in results else None
    except (Exception, SystemExit):  # noqa: BLE001 - badkeys ends the process if its list is damaged
        return None


SHELLS: Final = ("bash", "fish", "zsh")
"""The shells for which there is a completion script."""

_FOLDER: Final = os.path.join(os.path.dirname(csrtui.__file__), "docs")
_COMPLETIONS: Final = os.path.join(os.path.dirname(csrtui.__file__), "completions")
_COMMENT: Final = r"(?s)<!--.*?-->\n?"


def topics() -> dict[str, str]:
    """Return the titles of all topics by name, in alphabetical order.

    Raises:
        StoreError: The documentation is not installed.
    """
    try:
        files = sorted(name for name in os.listdir(_FOLDER) if name.endswith(".md"))
    except OSError as error:
        raise StoreError(f"the documentation cannot be read: {_FOLDER}", _REINSTALL) from error
    return {
        name.removesuffix(".md"): _read_file(_FOLDER, name).partition("\n")[0].removeprefix("# ")
        for name in files
    }


def read_topic(name: str) -> str:
    """Return the text of a topic, as Markdown without comments.

    Raises:
        StoreError: The file cannot be read.
    """
    return re.sub(_COMMENT, "", _read_file(_FOLDER, f"{name}.md"))


def read_completion(shell: str) -> str:
    """Return the completion script for one of the `SHELLS`.

    Raises:
        StoreError: The file cannot be read.
    """
    return _read_file(_COMPLETIONS, f"csrtui.{shell}")


def _read_file(folder: str, file: str) -> str:
    return _read(os.path.join(folder, file), "a csrtui file")
