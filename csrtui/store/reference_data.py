"""Lists that csrtui reads as data: the public suffix list of its package, and the words of passphrases."""

import os
from importlib.util import find_spec

from csrtui.core.base.errors import StoreError

_WORDS = os.path.join(os.path.dirname(__file__), "words", "english.txt")
"""The English words of BIP 39, from python-mnemonic 0.21 (MIT, LICENSE beside it)."""


def public_suffix_text() -> str:
    """Return the public suffix list that the installed `publicsuffixlist` package carries.

    Raises:
        StoreError: The package or its data file is not there.
    """
    return _text_in("publicsuffixlist", "public_suffix_list.dat", "the public suffix list")


def passphrase_words() -> tuple[str, ...]:
    """Return the 2,048 English words of BIP 39; the first four letters of each are unique.

    Raises:
        StoreError: The list cannot be read.
    """
    return tuple(_read(_WORDS, "the list of words").split())


def _text_in(package: str, file_name: str, what: str) -> str:
    """Read a package's data file; the package itself is not imported, which would take longer."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise StoreError(f"the package {package} is not installed", "install csrtui again")
    return _read(os.path.join(os.path.dirname(spec.origin), file_name), what)


def _read(path: str, what: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise StoreError(f"{what} cannot be read: {path}", "install csrtui again") from error
