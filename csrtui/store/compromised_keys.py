"""The list of compromised keys of `badkeys`, where that package and its list are installed.

badkeys is optional: ``pip install badkeys`` and ``badkeys --update-bl`` bring it and the list, which contains the
keys that Debian's OpenSSL of 2006 to 2008 could make, and keys found in firmware and repositories. csrtui never
downloads the list.
"""

import os
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PublicKey

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
