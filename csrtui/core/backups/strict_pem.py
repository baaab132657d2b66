"""Parse the text of a backup strictly, so that openssl and csrtui always read the same contents.

openssl strips a byte-order mark at the start of the file and spaces at the end of a line. It then treats a line as the
beginning of a block if it starts with ``-----BEGIN `` and ends with ``-----``. It reads a line in pieces of 254 bytes,
and each piece can begin a block. It also looks for DER, PVK and MSBLOB at the start of the file and after each block.
So `read_text` refuses control characters, five dashes outside a block, long lines, and text after the first block. The
error names the line.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import NamedTuple

from csrtui.core.base.errors import InputError

MAX_LINE = 250
"""Maximum length in bytes of a line that is not base64. openssl reads 254 bytes at a time."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r"
_DASHES = b"-----"
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,40})-----")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_USE_COPY = "use another copy of the backup"
_DELETE_LINE = (
    "use another copy of the backup; delete the line only if you know that a mail or an editor added it"
)


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
        body: The rest of the text in canonical form.
        blocks: The blocks, in order.
    """

    header: bytes
    body: bytes
    blocks: tuple[PemBlock, ...]


def canonical(data: bytes) -> bytes:
    """Return the canonical form of a text, which is signed and checked. It undoes usual changes by editors and mail.

    It has no UTF-8 byte-order mark at the start. Each line ends with a line feed, without spaces, tabs or carriage
    returns before it. One line feed ends the last line, and no blank line follows.
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
                "delete the quotation marks of a mail (sed 's/^> //' FILE > COPY); or use another copy of the backup",
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
