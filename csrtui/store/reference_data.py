"""Data that other packages keep up to date, read as it lies on the disk."""

import os
from importlib.util import find_spec

from csrtui.core.base.errors import StoreError


def public_suffix_text() -> str:
    """Return the public suffix list that the installed `publicsuffixlist` package carries.

    Raises:
        StoreError: The package or its data file is not there.
    """
    return _text_in("publicsuffixlist", "public_suffix_list.dat", "the public suffix list")


def passphrase_words() -> tuple[str, ...]:
    """Return the 2,048 English words of BIP 39, which the installed `mnemonic` package carries.

    They are chosen to be told apart by their first four letters.

    Raises:
        StoreError: The package or its data file is not there.
    """
    return tuple(_text_in("mnemonic", os.path.join("wordlist", "english.txt"), "the list of words").split())


def _text_in(package: str, file_name: str, what: str) -> str:
    """Read a package's data file; the package itself is not imported, which would take longer."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise StoreError(f"the package {package} is not installed", "install csrtui again")
    path = os.path.join(os.path.dirname(spec.origin), file_name)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise StoreError(f"{what} cannot be read: {path}", "install csrtui again") from error
