"""Proof that a private key belongs to a request and works: nothing less makes a backup *verified*."""

from typing import TYPE_CHECKING

from csrtui.core import keys, request
from csrtui.core.subject import SubjectFields

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey

_NAME = "proof.invalid"


def proves(key: "PrivateKey", asked: request.Request) -> bool:
    """Whether `key` is the key of the request, and a signature made with it holds.

    The signature is that of a request of its own, which nobody sees.
    """
    if keys.spki_sha256(key.public_key()) != asked.spki_sha256:
        return False
    return request.signature_holds(request.build(SubjectFields(common_name=_NAME), [_NAME], key))
