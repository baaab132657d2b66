"""Proof that a private key belongs to a request and works: nothing less makes a backup *verified*."""

from typing import TYPE_CHECKING

from csrtui.core.certificates import csr
from csrtui.core.keys import key_types

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


def proves(key: "PrivateKey", asked: csr.Request) -> bool:
    """Whether `key` is the key of the request, and a signature made with it holds.

    The signature is that of a request of its own, which nobody sees.
    """
    if key_types.spki_sha256(key.public_key()) != asked.spki_sha256:
        return False
    return csr.signature_holds(csr.probe(key))
