r"""Protect the text of a backup with a signature by the pair's own key, or with a checksum, and check them.

The signature covers the line ``csrtui backup signature, version 1``, a line feed, and the canonical text
(`csrtui.core.backups.strict_pem.canonical`) without the line that begins with ``Signature:`` and the indented lines after it.
The omitted lines contain the signature (`csrtui.core.keys.signing`) in base64. Anyone can check it with the public key
in the CSR, without a passphrase::

    { echo 'csrtui backup signature, version 1'
      awk '/^Signature:/ {s = 1; next} s && /^ / {next} {s = 0; print}' FILE; } > signed
    awk '/^Signature:/ {s = 1; sub(/^Signature:/, "")} s && !/^ / {exit} s' FILE | tr -d ' \n' | base64 -d > signature
    openssl req -in FILE -noout -pubkey > public.pem
    openssl dgst -sha256 -verify public.pem -signature signature signed      # P-256; P-384: -sha384, P-521: -sha512
    openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
        -verify public.pem -signature signature signed                       # RSA
    openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature    # Ed25519, ML-DSA

Anyone who can write to the medium can remove the signature, but cannot forge one. A text without a signature has a line
with the SHA-256 of everything else, as earlier versions wrote it. This checksum detects damage, but anyone can replace
it.
"""

import re
from base64 import b64decode, b64encode
from enum import Enum, auto
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from csrtui.core.backups.header import TITLES
from csrtui.core.backups.strict_pem import BackupText, canonical
from csrtui.core.base.errors import InputError
from csrtui.core.certificates.csr import Request, public_key
from csrtui.core.keys import signing

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

CONTEXT: Final = b"csrtui backup signature, version 1\n"
"""The bytes before the text in the signed message."""

CHANGED_HINT: Final = (
    "use another copy; if this is the only one, delete everything above the line that begins the key, and everything "
    "after the last END line, and restore the rest with --unsigned"
)

_CHECKSUM = "SHA-256 of all but this line: "
_SIGNATURE = re.compile(rb"^Signature: +([A-Za-z0-9+/=]+\n(?: +[A-Za-z0-9+/=]+\n)*)", re.MULTILINE)
_SIGNATURE_LABEL = "Signature:  "
_SIGNATURE_LINE = 64


class Integrity(Enum):
    """The proof that the text of a backup contains."""

    SIGNED = auto()
    """The pair's own key signed the text."""
    CHECKSUM = auto()
    """The text is undamaged, but anyone may have changed it."""
    NONE = auto()
    """There is no proof: the file is not from csrtui, or only the blocks of a backup are left."""


def insert_proof(header: bytes, blocks: bytes, signer: "PrivateKey | None") -> bytes:
    """Return the text of a backup with a signature or checksum between its header and its blocks.

    Args:
        header: The canonical lines before the proof, ending with a line feed.
        blocks: The canonical lines after the proof, ending with one line feed.
        signer: The pair's private key. If it is None, the proof is a checksum.
    """
    if signer is not None:
        return header + _signature_lines(signing.sign(signer, CONTEXT + header + blocks)) + blocks
    label = _CHECKSUM.encode("ascii")
    return header + label + _digest(header + label + b"\n" + blocks) + b"\n" + blocks


def check(text: BackupText, csr: Request, *, has_checksum: bool) -> Integrity:
    """Check the proof in the text of a backup and return its kind.

    Args:
        text: The text of the backup.
        csr: The CSR in the text. Its key must have made the signature.
        has_checksum: The result of `has_valid_checksum`.

    Raises:
        InputError: The text was changed.
    """
    signatures = _SIGNATURE.findall(text.header)
    if len(signatures) == 1:
        message = CONTEXT + _SIGNATURE.sub(b"", text.header) + text.body
        signature = _signature(signatures[0])
        if signature and signing.verify(public_key(csr.der), signature, message):
            return Integrity.SIGNED
    if signatures:
        raise InputError(
            "the backup was changed or damaged after it was made: its signature is not valid", CHANGED_HINT
        )
    if has_checksum:
        return Integrity.CHECKSUM
    if text.header.startswith(
        TITLES
    ):  # otherwise a flipped bit in the label of the proof would not be noticed
        raise InputError(
            "the backup was changed or damaged after it was made: its signature or checksum is missing",
            CHANGED_HINT,
        )
    return Integrity.NONE


def _signature_lines(signature: bytes) -> bytes:
    text = b64encode(signature).decode("ascii")
    lines = [text[at : at + _SIGNATURE_LINE] for at in range(0, len(text), _SIGNATURE_LINE)]
    indent = "\n" + " " * len(_SIGNATURE_LABEL)
    return f"{_SIGNATURE_LABEL}{indent.join(lines)}\n".encode("ascii")


def _signature(lines: bytes) -> bytes:
    """Return the signature in the lines, or empty bytes unless they are base64 exactly as csrtui writes it."""
    base64 = b"".join(lines.split())
    try:
        signature = b64decode(base64, validate=True)
    except ValueError:
        return b""
    return signature if b64encode(signature) == base64 else b""


def has_valid_checksum(data: bytes) -> bool:
    """Return whether the text of a backup has a valid checksum line; return False if it has no checksum line.

    Raises:
        InputError: The text has a checksum, and it is wrong.
    """
    label = _CHECKSUM.encode("ascii")
    for text in (canonical(data), data.replace(b"\r\n", b"\n")):  # earlier versions used the second form
        at = text.find(label)
        if at < 0:
            return False
        end = text.find(b"\n", at)
        if text[at + len(label) : end] == _digest(text[: at + len(label)] + text[end:]):
            return True
    raise InputError(
        "the backup was changed or damaged after it was made: its checksum is wrong", CHANGED_HINT
    )


def _digest(text: bytes) -> bytes:
    return sha256(text).hexdigest().encode("ascii")
