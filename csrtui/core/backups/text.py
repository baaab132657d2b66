"""The text of a backup, taken apart so strictly that openssl cannot find anything in it that csrtui did not.

openssl reads a line as the beginning of a block if it starts with ``-----BEGIN `` and ends with ``-----``, after it
stripped a byte-order mark at the start of the file and blanks at the end of the line. It takes a line in pieces of 254
bytes, each of which can begin a block, and it looks for DER, PVK and MSBLOB at the start of the file and after each
block. So a text with control characters, five dashes outside a block, a long line, or anything but blank lines after
the first block is refused, and the error names the line.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import NamedTuple

from csrtui.core.base.errors import InputError

MAX_LINE = 250
"""The most bytes in a line that is not base64; openssl reads 254 at once."""

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
    """One PEM block.

    Attributes:
        label: Its label, such as ``CERTIFICATE``.
        der: Its content, not empty.
        line: The number of its BEGIN line, from 1.
    """

    label: str
    der: bytes
    line: int


class BackupText(NamedTuple):
    """A text taken apart.

    Attributes:
        header: The canonical lines before the first block, each with its line feed.
        body: The canonical rest.
        blocks: The blocks, in their order.
    """

    header: bytes
    body: bytes
    blocks: tuple[PemBlock, ...]


def canonical(data: bytes) -> bytes:
    """Return a text as it is signed: what editors and mails change of it does not matter.

    Without a UTF-8 byte-order mark at the start; each line ends with a line feed and without blanks, tabs and carriage
    returns before it; one line feed ends the last line, and no blank line follows.
    """
    lines = (line.rstrip(_BLANKS) for line in data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"))
    return b"\n".join(lines).rstrip(b"\n") + b"\n"


def read_text(data: bytes) -> BackupText:
    """Take a text apart.

    Raises:
        InputError: There is something in it that openssl could read otherwise, or a damaged block.
    """
    lines = _lines(data)
    header: list[bytes] = []
    blocks: list[PemBlock] = []
    for number, line in lines:
        begin = _BEGIN.fullmatch(line)
        if begin is not None:
            blocks.append(_block(number, begin[1], lines))
        elif _DASHES in line:
            raise InputError(
                f"line {number} has five dashes, but does not begin a PEM block",
                "delete what a mail put in front of it (sed 's/^> //' FILE > COPY); or use another copy of the backup",
            )
        elif not blocks:
            header.append(line + b"\n")
        elif line:
            raise InputError(
                f"line {number} is text between or after the PEM blocks, which does not belong in a backup",
                _DELETE_LINE,
            )
    start = b"".join(header)
    return BackupText(start, canonical(data)[len(start) :], tuple(blocks))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), 1):
        line = raw.rstrip(_BLANKS)
        if _CONTROL.search(line):
            raise InputError(f"line {number} contains a control character", _USE_COPY)
        if len(raw) > MAX_LINE and not _BASE64.fullmatch(raw):
            raise InputError(f"line {number} is longer than {MAX_LINE} bytes", _USE_COPY)
        yield number, line


def _block(number: int, label: bytes, lines: Iterator[tuple[int, bytes]]) -> PemBlock:
    name = label.decode("ascii")
    base64: list[bytes] = []
    for at, line in lines:
        if line == b"-----END %s-----" % label:
            return PemBlock(name, _content(name, base64), number)
        if not _BASE64.fullmatch(line):
            raise InputError(
                f"line {at}, in the block {name}, is not base64: the backup is damaged or cut short",
                _USE_COPY,
            )
        base64.append(line)
    raise InputError(f"the block {name} has no END line: the backup is cut short", _USE_COPY)


def _content(name: str, base64: list[bytes]) -> bytes:
    try:
        der = b64decode(b"".join(base64), validate=True)
    except ValueError as error:
        raise InputError(f"the block {name} is damaged: it is not base64", _USE_COPY) from error
    if not der:
        raise InputError(f"the block {name} is empty", _USE_COPY)
    return der
