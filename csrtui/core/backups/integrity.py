r"""Parse the text of a backup no less strictly than openssl, and make or check its signature or checksum.

The pair's own key makes the signature (`csrtui.core.keys.signing`). The line that begins with ``Signature:`` and the
indented lines after it contain the signature in base64. The signed message is the line ``csrtui backup signature,
version 1``, followed by the canonical text (`canonical`) without these lines. Anyone can check the signature with the
public key in the CSR, without a passphrase::

    { echo 'csrtui backup signature, version 1'
      awk '/^Signature:/ {s = 1; next} s && /^ / {next} {s = 0; print}' FILE; } > signed
    awk '/^Signature:/ {s = 1; sub(/^Signature:/, "")} s && !/^ / {exit} s' FILE | tr -d ' \n' | base64 -d > signature
    openssl req -in FILE -noout -pubkey > public.pem
    openssl dgst -sha256 -verify public.pem -signature signature signed      # P-256; P-384: -sha384, P-521: -sha512
    openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
        -verify public.pem -signature signature signed                       # RSA
    openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature    # Ed25519, ML-DSA

Anyone who can write to the medium can remove the signature, but not forge one. A text without a signature has a line
with the SHA-256 of everything else, as in release 0.1.0. This checksum detects damage, but anyone can replace it.

openssl strips a byte-order mark at the start of the file and spaces at the end of a line. Then each line that starts
with ``-----BEGIN `` and ends with ``-----`` begins a block. openssl reads a line in pieces of 254 bytes, and each piece
can begin a block. It also looks for DER, PVK and MSBLOB at the start of the file and after each block. So `read_text`
refuses control characters, five dashes outside a block, long lines, and text after the first block.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from enum import Enum, auto
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from csrtui.core.backups.header import TITLES
from csrtui.core.base.errors import InputError
from csrtui.core.certificates.csr import Request, public_key
from csrtui.core.keys import signing

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


MAX_LINE = 250
"""Maximum length in bytes of a line that is not base64. openssl reads 254 bytes at a time."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r"
_DASHES = b"-----"
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,40})-----")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_USE_COPY = "use another copy of the backup"
_DELETE_LINE = "use another copy of the backup; delete the line only if you know that an e-mail program or editor added it"


class PemBlock(NamedTuple):
    """A PEM block.

    Attributes:
        label: The label, such as ``CERTIFICATE``.
        der: The content, never empty.
        line: The number of the BEGIN line, counted from 1.
    """

    label: str
    der: bytes
    line: int


class BackupText(NamedTuple):
    """The parts of the text of a backup.

    Attributes:
        header: The lines before the first block in canonical form, each ending with a line feed.
        body: The text from the first block to the end, in canonical form.
        blocks: The blocks, in order.
    """

    header: bytes
    body: bytes
    blocks: tuple[PemBlock, ...]


def canonical(data: bytes) -> bytes:
    """Return the form of a text to sign, without the usual changes by editors and mail programs.

    It has no UTF-8 byte-order mark at the start. Each line ends with a line feed, without spaces, tabs or carriage
    returns before it. No blank line follows the last line.
    """
    lines = (line.rstrip(_BLANKS) for line in data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"))
    return b"\n".join(lines).rstrip(b"\n") + b"\n"


def read_text(data: bytes) -> BackupText:
    """Return the parts of the text of a backup.

    Raises:
        InputError: The text contains a damaged block, or something that openssl could read differently.
    """
    lines = _read_lines(data)
    header: list[bytes] = []
    blocks: list[PemBlock] = []
    for number, line in lines:
        begin = _BEGIN.fullmatch(line)
        if begin is not None:
            blocks.append(_read_block(number, begin[1], lines))
        elif _DASHES in line:
            raise InputError(
                f"line {number} has five dashes, but does not begin a PEM block",
                "delete the quotation marks of the e-mail (sed 's/^> //' FILE > COPY); or use another copy of the backup",
            )
        elif not blocks:
            header.append(line + b"\n")
        elif line:
            raise InputError(
                f"line {number} is text between or after the PEM blocks, which does not belong in a backup",
                _DELETE_LINE,
            )
    canonical_header = b"".join(header)
    return BackupText(canonical_header, canonical(data)[len(canonical_header) :], tuple(blocks))


def _read_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), 1):
        line = raw.rstrip(_BLANKS)
        if _CONTROL.search(line):
            raise InputError(f"line {number} contains a control character", _USE_COPY)
        if len(raw) > MAX_LINE and not _BASE64.fullmatch(raw):
            raise InputError(f"line {number} is longer than {MAX_LINE} bytes", _USE_COPY)
        yield number, line


def _read_block(number: int, label: bytes, lines: Iterator[tuple[int, bytes]]) -> PemBlock:
    name = label.decode("ascii")
    base64: list[bytes] = []
    for at, line in lines:
        if line == b"-----END %s-----" % label:
            return PemBlock(name, _decode(name, base64), number)
        if not _BASE64.fullmatch(line):
            raise InputError(
                f"line {at}, in the block {name}, is not base64: the backup is damaged or cut short",
                _USE_COPY,
            )
        base64.append(line)
    raise InputError(f"the block {name} has no END line: the backup is cut short", _USE_COPY)


def _decode(name: str, base64: list[bytes]) -> bytes:
    try:
        der = b64decode(b"".join(base64), validate=True)
    except ValueError as error:
        raise InputError(f"the block {name} is damaged: it is not base64", _USE_COPY) from error
    if not der:
        raise InputError(f"the block {name} is empty", _USE_COPY)
    return der


CONTEXT: Final = b"csrtui backup signature, version 1\n"
"""The bytes before the text in the signed message."""

CHANGED_HINT: Final = (
    "use another copy; if this is the only one, copy its lines from the BEGIN line of the key to the last END line "
    "into a new file, and restore that with --unsigned"
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
    REMOVED = auto()
    """The text begins like a csrtui backup, but its proof was removed."""


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


def check(text: BackupText, csr: Request, *, has_checksum: bool, accepts_removed: bool = False) -> Integrity:
    """Check the proof in the text of a backup and return its kind.

    Args:
        has_checksum: The result of `has_valid_checksum`.
        accepts_removed: Whether to return `Integrity.REMOVED` instead of raising an error.

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
    if not text.header.startswith(TITLES):
        return Integrity.NONE
    if not accepts_removed:  # it may be there, but with a damaged label
        raise InputError(
            "the backup was changed or damaged after it was made: its signature or checksum is missing",
            CHANGED_HINT,
        )
    return Integrity.REMOVED


def _signature_lines(signature: bytes) -> bytes:
    text = b64encode(signature).decode("ascii")
    lines = [text[at : at + _SIGNATURE_LINE] for at in range(0, len(text), _SIGNATURE_LINE)]
    indent = "\n" + " " * len(_SIGNATURE_LABEL)
    return f"{_SIGNATURE_LABEL}{indent.join(lines)}\n".encode("ascii")


def _signature(lines: bytes) -> bytes:
    """Return the signature in the lines, or empty bytes if they are not base64 exactly as csrtui writes it."""
    base64 = b"".join(lines.split())
    try:
        signature = b64decode(base64, validate=True)
    except ValueError:
        return b""
    return signature if b64encode(signature) == base64 else b""


def has_valid_checksum(data: bytes) -> bool:
    """Return whether the text of a backup has a checksum, and check it.

    Raises:
        InputError: The checksum is wrong.
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
