"""The certificates in PKCS #7 and CMS (RFC 5652, 5.1), each on its own: one that is damaged hides no other."""

from csrtui.core.base.ber import OID, SEQUENCE, Node
from csrtui.core.base.errors import InputError

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_CONTEXT_0 = 0xA0
_HINT = "give what the CA sent: PEM, DER or PKCS #7"


def certificates_in(root: Node) -> list[bytes]:
    """Return the DER of each certificate in a ContentInfo.

    Args:
        root: With definite lengths (`csrtui.core.base.ber.to_der`).

    Raises:
        InputError: It contains no certificates, or is malformed.
    """
    try:
        kind = root.child(0, OID).oid
        if kind == _ENVELOPED_DATA:
            raise InputError(
                "the PKCS #7 is encrypted for somebody (S/MIME)",
                "open the message in the mail program, and save what is in it",
            )
        if kind != _SIGNED_DATA:
            raise InputError("the PKCS #7 contains no certificates", _HINT)
        parts = root.child(1, _CONTEXT_0).child(0, SEQUENCE).children()
        groups = [part.children() for part in parts if part.tag == _CONTEXT_0]
    except ValueError as error:
        raise InputError("the PKCS #7 is malformed: it has not the structure of RFC 5652", _HINT) from error
    certificates = [node.encoded for group in groups for node in group if node.tag == SEQUENCE]
    if not certificates:
        raise InputError("the PKCS #7 contains no certificates", _HINT)
    return certificates
