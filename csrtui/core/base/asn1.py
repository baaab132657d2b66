"""Read the structure of BER and DER (ITU-T X.690), convert BER to DER, and write PEM (RFC 7468).

Libraries such as cryptography read only DER and refuse a whole file if one field breaks a rule. This module reads only
the structure, so an error can name the field and the rule. The octets of values stay unchanged.
"""

from binascii import b2a_base64
from typing import NamedTuple

MAX_DEPTH = 48
"""Maximum nesting depth. NSS, which writes the deepest known nesting, needs about 20."""
MAX_NODES = 60_000
"""Maximum number of encodings that `to_der` reads. A PKCS #7 file with 100 certificates has about 15,000."""

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, SEQUENCE, SET, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING = 0x0C, 0x30, 0x31, 0x13, 0x14, 0x16
_CONSTRUCTED, _LONG_TAG, _INDEFINITE = 0x20, 0x1F, 0x80
_STRINGS = frozenset(
    {BIT_STRING, OCTET_STRING, UTF8_STRING, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING, 0x12, 0x1E}
)
"""The universal string types. BER can divide their values into several encodings (X.690, 8.7.3 and 8.23.6)."""


class BerError(ValueError):
    """The bytes are not BER.

    Attributes:
        is_short: Whether the data is shorter than its length field says.
    """

    def __init__(self, text: str, *, is_short: bool = False) -> None:
        super().__init__(text)
        self.is_short = is_short


class Node(NamedTuple):
    """An encoding of definite length, as a part of some data.

    Attributes:
        data: The bytes that contain the encoding.
        at: The offset of the tag.
        start: The offset of the contents.
        end: The offset after the contents.
    """

    data: bytes
    at: int
    start: int
    end: int

    @property
    def tag(self) -> int:
        """The first identifier octet."""
        return self.data[self.at]

    @property
    def content(self) -> bytes:
        """The contents octets of the encoding."""
        return self.data[self.start : self.end]

    @property
    def encoded(self) -> bytes:
        """The whole encoding."""
        return self.data[self.at : self.end]

    @property
    def oid(self) -> str | None:
        """The dotted form of an object identifier, or None if the encoding has another type or is malformed."""
        return dotted(self.content) if self.tag == OID else None

    @property
    def integer(self) -> int:
        """The value of an integer.

        Raises:
            BerError: The encoding has another type.
        """
        if self.tag != INTEGER or self.start == self.end:
            raise BerError("an INTEGER is missing")
        return int.from_bytes(self.content, signed=True)

    def children(self) -> "list[Node]":
        """Return the encodings in the contents.

        Raises:
            BerError: The contents are not a sequence of encodings.
        """
        nodes = []
        at = self.start
        while at < self.end:
            node = read_node(self.data, at, self.end)
            nodes.append(node)
            at = node.end
        return nodes

    def child(self, index: int, tag: int) -> "Node":
        """Return the encoding with this index in the contents.

        Raises:
            BerError: The encoding is missing or has another tag.
        """
        nodes = self.children()
        if index >= len(nodes) or nodes[index].tag != tag:
            raise BerError(f"element {index + 1} is missing or of another type")
        return nodes[index]


def read_node(data: bytes, at: int = 0, end: int | None = None) -> Node:
    """Return the encoding of definite length at an offset.

    Raises:
        BerError: There is no encoding, or its length is indefinite or exceeds `end`.
    """
    end = len(data) if end is None else end
    start, length = _header(data, at, end)
    if length is None:
        raise BerError("the length is indefinite")
    if start + length > end:
        raise BerError(f"the length says {length} octets, but only {end - start} follow", is_short=True)
    return Node(data, at, start, start + length)


def parse(data: bytes) -> Node | None:
    """Return the first encoding in DER, or None if it is missing or incomplete."""
    try:
        return read_node(data)
    except BerError:
        return None


def _header(data: bytes, at: int, end: int) -> tuple[int, int | None]:
    """Return the offset and length of the contents. The length is None if it is indefinite."""
    start = at + 1
    if at < end and data[at] & _LONG_TAG == _LONG_TAG:
        while start < end and data[start] & 0x80:
            start += 1
        start += 1
    if start >= end:
        raise BerError("the encoding ends in its header", is_short=True)
    length = data[start]
    start += 1
    if length == _INDEFINITE:
        return start, None
    if length > _INDEFINITE:
        octets = length & 0x7F
        if start + octets > end:
            raise BerError("the encoding ends in its header", is_short=True)
        length, start = int.from_bytes(data[start : start + octets]), start + octets
    return start, length


def dotted(content: bytes) -> str | None:
    """Return the dotted form of the contents of an object identifier, or None if they are malformed."""
    if not content or content[-1] & 0x80 or len(content) > 64:  # noqa: PLR2004 - longer than any in use
        return None
    arcs: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def encode(tag: int, *contents: bytes) -> bytes:
    """Return the DER encoding of a value with this identifier octet."""
    content = b"".join(contents)
    length = len(content)
    if length < _INDEFINITE:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def to_der(data: bytes) -> tuple[bytes, int]:
    """Return the first BER encoding in `data`, converted to DER, and the offset of its end in `data`.

    Only lengths and divided strings are re-encoded. Values and the order of a SET stay unchanged, so signatures over
    DER stay valid.

    Raises:
        BerError: The data is not BER, is truncated, or is nested more deeply or divided into more parts than in any
            real file.
    """
    return _Rewriter(data).rewrite(0, len(data), 0)


class _Rewriter:
    """The state of one conversion from BER to DER: the data, and the number of encodings read so far."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._nodes = 0

    def rewrite(self, at: int, end: int, depth: int) -> tuple[bytes, int]:
        """Return the encoding at an offset, converted to DER, and the offset of its end."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise BerError("the encoding is nested too deeply or divided into too many parts")
        data = self._data
        start, length = _header(data, at, end)
        if length is not None and start + length > end:
            raise BerError(f"the length says {length} octets, but only {end - start} follow", is_short=True)
        tag = data[at]
        if not tag & _CONSTRUCTED:
            if length is None:
                raise BerError("a primitive encoding has an indefinite length")
            return _with_tag(data, at, data[start : start + length]), start + length
        parts, after = self._parts(start, end if length is None else start + length, depth, length is None)
        if tag & ~_CONSTRUCTED in _STRINGS:
            return encode(tag & ~_CONSTRUCTED, joined_string(parts, tag & ~_CONSTRUCTED)), after
        return _with_tag(data, at, b"".join(parts)), after

    def _parts(self, at: int, end: int, depth: int, is_indefinite: bool) -> tuple[list[bytes], int]:  # noqa: FBT001 - private
        parts: list[bytes] = []
        while is_indefinite or at < end:
            if is_indefinite and self._data[at : at + 2] == b"\0\0":
                return parts, at + 2
            part, at = self.rewrite(at, end, depth + 1)
            parts.append(part)
        return parts, at


def joined_string(parts: list[bytes], tag: int) -> bytes:
    """Return the contents of a string that BER divides into several encodings of the same type.

    Raises:
        BerError: A part has another type.
    """
    contents = []
    for part in parts:
        node = read_node(part)
        if node.tag != tag:
            raise BerError("a part of a string is of another type")
        contents.append(node.content)
    if tag == BIT_STRING:  # each part begins with its number of unused bits; only the last one matters
        return (contents[-1][:1] if contents else b"\0") + b"".join(part[1:] for part in contents)
    return b"".join(contents)


def _with_tag(data: bytes, at: int, content: bytes) -> bytes:
    """Return the DER encoding of `content`, with the identifier octets that `data` has at an offset."""
    if data[at] & _LONG_TAG != _LONG_TAG:
        return encode(data[at], content)
    after = at + 1
    while data[after] & 0x80:
        after += 1
    return data[at:after] + encode(data[after], content)


_LINE = 64


def wrap(label: str, der: bytes) -> bytes:
    """Return DER as PEM in lines of 64 characters, each ending with a line feed. The contents are not checked."""
    text = b2a_base64(der, newline=False)
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    name = label.encode("ascii")
    return b"\n".join([b"-----BEGIN %s-----" % name, *lines, b"-----END %s-----" % name, b""])
