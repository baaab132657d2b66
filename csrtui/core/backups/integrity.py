r"""What the text of a backup proves about itself: a signature of the pair's own key, or only a checksum.

A text is signed with the pair's own key. What is signed is the line ``csrtui backup signature, version 1``, a line
feed, and the canonical text (`csrtui.core.backups.text.canonical`) without the line that begins with ``Signature:`` and
the indented lines that follow it. These lines contain the signature (`csrtui.core.keys.signing`) in base64, so that anyone
can check it, with the public key of the CSR and without a passphrase::

    { echo 'csrtui backup signature, version 1'
      awk '/^Signature:/ {s = 1; next} s && /^ / {next} {s = 0; print}' FILE; } > signed
    awk '/^Signature:/ {s = 1; sub(/^Signature:/, "")} s && !/^ / {exit} s' FILE | tr -d ' \n' | base64 -d > signature
    openssl req -in FILE -noout -pubkey > public.pem
    openssl dgst -sha256 -verify public.pem -signature signature signed      # P-256; P-384: -sha384, P-521: -sha512
    openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
        -verify public.pem -signature signature signed                       # RSA
    openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature    # Ed25519, ML-DSA

Whoever can write to the medium can remove the signature, but not make one. Without a signature there is a line with
the SHA-256 of everything else, as in backups of earlier versions: it finds damage, and proves nothing more.
"""

import re
from base64 import b64decode, b64encode
from enum import Enum, auto
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from csrtui.core.backups.text import BackupText, canonical
from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr as request
from csrtui.core.keys import signing

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

CONTEXT: Final = b"csrtui backup signature, version 1\n"
"""What is signed in front of the text."""

WAY_OUT: Final = (
    "use another copy; if this is the only one, delete everything above the line that begins the key, and everything "
    "after the last END line, and restore the rest with --unsigned"
)

TITLE: Final = b"csrtui backup: "
"""How the text of a backup begins."""
_CHECKSUM = "SHA-256 of all but this line: "
_SIGNATURE = re.compile(rb"^Signature: +([A-Za-z0-9+/=]+\n(?: +[A-Za-z0-9+/=]+\n)*)", re.MULTILINE)
_SIGNATURE_LABEL = "Signature:  "
_SIGNATURE_LINE = 64


class Integrity(Enum):
    """What a text proves about itself."""

    SIGNED = auto()
    """The pair's own key signed it."""
    CHECKSUM = auto()
    """It is not damaged; anyone can have changed it."""
    NONE = auto()
    """Nothing: it is not csrtui's, or only the blocks of one are."""


def seal(before: bytes, after: bytes, signer: "PrivateKey | None") -> bytes:
    """Return a text with the line that proves it between two canonical parts of it.

    Args:
        before: Ends with a line feed.
        after: Ends with one line feed.
        signer: The pair's private key; without it, the line is a checksum.
    """
    if signer is not None:
        return before + _signature_lines(signing.sign(signer, CONTEXT + before + after)) + after
    line = _CHECKSUM.encode("ascii")
    return before + line + _digest(before + line + b"\n" + after) + b"\n" + after


def judge(text: BackupText, csr: request.Request, *, checksum: bool) -> Integrity:
    """Return what a text proves about itself.

    Args:
        text: It, taken apart.
        csr: Its CSR, whose key is to have signed.
        checksum: What `is_checksum_right` returned.

    Raises:
        InputError: It was changed.
    """
    signatures = _SIGNATURE.findall(text.header)
    if len(signatures) == 1:
        message = CONTEXT + _SIGNATURE.sub(b"", text.header) + text.body
        signature = _signature(signatures[0])
        if signature and signing.verify(request.public_key(csr.der), signature, message):
            return Integrity.SIGNED
    if signatures:
        raise InputError(
            "the backup was changed or damaged after it was made: its signature is not valid", WAY_OUT
        )
    if checksum:
        return Integrity.CHECKSUM
    if text.header.startswith(
        TITLE
    ):  # without this, a bit flipped in the label of those lines would go unseen
        raise InputError(
            "the backup was changed or damaged after it was made: its signature or checksum is gone", WAY_OUT
        )
    return Integrity.NONE


def _signature_lines(signature: bytes) -> bytes:
    text = b64encode(signature).decode("ascii")
    lines = [text[at : at + _SIGNATURE_LINE] for at in range(0, len(text), _SIGNATURE_LINE)]
    indent = "\n" + " " * len(_SIGNATURE_LABEL)
    return f"{_SIGNATURE_LABEL}{indent.join(lines)}\n".encode("ascii")


def _signature(lines: bytes) -> bytes:
    """Return the signature in its lines; nothing where they are not base64 exactly as it is written."""
    base64 = b"".join(lines.split())
    try:
        signature = b64decode(base64, validate=True)
    except ValueError:
        return b""
    return signature if b64encode(signature) == base64 else b""


def is_checksum_right(data: bytes) -> bool:
    """Return whether the line with the checksum is right, and False where there is none.

    Raises:
        InputError: It is wrong.
    """
    label = _CHECKSUM.encode("ascii")
    for text in (canonical(data), data.replace(b"\r\n", b"\n")):  # the second is how earlier versions read it
        at = text.find(label)
        if at < 0:
            return False
        end = text.find(b"\n", at)
        if text[at + len(label) : end] == _digest(text[: at + len(label)] + text[end:]):
            return True
    raise InputError(
        "the backup was changed or damaged after it was made: its checksum is another one", WAY_OUT
    )


def _digest(text: bytes) -> bytes:
    return sha256(text).hexdigest().encode("ascii")
