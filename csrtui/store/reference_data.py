"""Read reference data: the public suffix list, the words of passphrases, and the list of compromised keys.

The suffix list comes with its package. Compromised keys are known if `badkeys` and its list are installed.
"""

import os
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

from csrtui.core.base.errors import StoreError

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PublicKey


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


_FILES = ("blocklist.dat", "badkeysdata.json")


def compromised_in(public_key: "PublicKey") -> str | None:
    """Return the name of the list that contains a public key, as badkeys calls it.

    The first key of a process costs 0.1 s, for the import. None also means that badkeys or its list is not
    installed, or that the list cannot be read.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not all(os.path.isfile(os.path.join(_folder(), name)) for name in _FILES):
        return None
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # badkeys asks for types that cryptography has deprecated
            from badkeys import checkpubkey

            results = checkpubkey(pem, checks=["blocklist"])["results"]
        return str(results["blocklist"]["subtest"]) if "blocklist" in results else None
    except (Exception, SystemExit):  # noqa: BLE001 - badkeys ends the process where its list is damaged
        return None


def _folder() -> str:
    """Where badkeys keeps its list."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "badkeys")
