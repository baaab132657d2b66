"""Extensions that break a rule of RFC 5280 or DER: what is wrong, and a copy that can be decoded (`encoding_faults`)."""

from dataclasses import dataclass, field
from typing import Final

from csrtui.core.base.asn1 import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Node,
    dotted,
    encode,
    parse,
)

_MOST: Final = 5
"""How many faults are described."""
MAX_ENTRIES: Final = 2000
"""The most attributes, extensions and names that are looked at."""
_SAN, _BASIC, _KEY_USAGE, _EKU, _TLS_FEATURE = (
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.15",
    "2.5.29.37",
    "1.3.6.1.5.5.7.1.24",
)
_USED: Final = {
    _SAN: "subjectAltName",
    _BASIC: "basicConstraints",
    _KEY_USAGE: "keyUsage",
    _EKU: "extKeyUsage",
    _TLS_FEATURE: "tlsFeature",
}
_GENERAL_NAMES: Final = {0x81: "rfc822Name", 0x82: "dNSName", 0x86: "uniformResourceIdentifier"}
_IP_ADDRESS, _X400, _EDI, _REGISTERED_ID = 0x87, 0xA3, 0xA5, 0x88
_OTHER_NAME, _DIRECTORY_NAME, _CONTEXT_0 = 0xA0, 0xA4, 0xA0
_KEY_AGREEMENT: Final = 0x08
_ONLY: Final = 0x01
"""encipherOnly in the first octet of KeyUsage; decipherOnly is in the second."""


@dataclass(slots=True)
class Copy:
    """A copy that breaks no rule that is known here.

    Attributes:
        der: The copy.
        faults: What the original breaks, a clause each: field, rule, source.
    """

    der: bytes
    faults: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        """Note a fault, once."""
        if fault not in self.faults and len(self.faults) < _MOST:
            self.faults.append(fault)


def copy_extensions(node: Node, copy: Copy) -> bytes:
    """Return the extensions that are used here, each once; nothing where there is none."""
    copied: dict[str, bytes] = {}
    for extension in node.children()[:MAX_ENTRIES]:
        kind, *flags, value = extension.children()
        oid = kind.oid or ""
        label = f"extension {_USED.get(oid, oid)}"
        if flags and flags[0].content == b"\0":
            copy.add(f"{label}: critical FALSE is written, where DER leaves a default out (X.690, 11.5)")
        if oid in copied:
            copy.add(f"{label} is there twice (RFC 5280, 4.2)")
        elif oid in _USED:
            content = _value(oid, value.content, label, copy)
            copied[oid] = encode(SEQUENCE, kind.encoded, encode(OCTET_STRING, content)) if content else b""
    extensions = b"".join(copied.values())
    return encode(SEQUENCE, extensions) if extensions else b""


def _value(oid: str, content: bytes, label: str, copy: Copy) -> bytes:
    root = parse(content)
    if root is None:
        copy.add(f"{label} is not DER")
        return b""
    try:
        match oid:
            case "2.5.29.17":
                return _general_names(root, label, copy)
            case "2.5.29.19":
                return _basic_constraints(root, label, copy)
            case "2.5.29.15":
                return _key_usage(root, label, copy)
    except (ValueError, IndexError):
        copy.add(f"{label} has not the structure of RFC 5280, 4.2.1")
        return b""
    return root.encoded


def _basic_constraints(root: Node, label: str, copy: Copy) -> bytes:
    parts = root.children()
    is_ca = bool(parts and parts[0].tag == BOOLEAN and parts[0].content != b"\0")
    if parts and parts[0].tag == BOOLEAN and not is_ca:
        copy.add(f"{label}: cA FALSE is written, where DER leaves a default out (X.690, 11.5)")
    lengths = [part.encoded for part in parts if part.tag == INTEGER]
    if lengths and not is_ca:
        copy.add(f"{label} has a pathLenConstraint without cA (RFC 5280, 4.2.1.9)")
    return encode(SEQUENCE, encode(BOOLEAN, b"\xff") + b"".join(lengths) if is_ca else b"")


def _key_usage(root: Node, label: str, copy: Copy) -> bytes:
    bits = bytearray(root.content[1:])
    has_only = bits[0] & _ONLY or (len(bits) > 1 and bits[1] & 0x80)
    if has_only and not bits[0] & _KEY_AGREEMENT:
        copy.add(f"{label} has encipherOnly or decipherOnly without keyAgreement (RFC 5280, 4.2.1.3)")
        bits = bytearray([bits[0] & ~_ONLY])
    while bits and not bits[-1]:
        bits.pop()
    unused = (bits[-1] & -bits[-1]).bit_length() - 1 if bits else 0
    return encode(BIT_STRING, bytes([unused]), bytes(bits))


def _general_names(root: Node, label: str, copy: Copy) -> bytes:
    copied = []
    for name in root.children()[:MAX_ENTRIES]:
        rule = _general_name_fault(name)
        if rule:
            copy.add(f"{label} {rule}")
        elif name.tag != _DIRECTORY_NAME:  # no host is in it, and its strings may break rules of their own
            copied.append(name.encoded)
    return encode(SEQUENCE, *copied) if copied else b""


def _is_other_name(name: Node) -> bool:
    try:
        return bool(name.child(0, OID).oid and name.child(1, _CONTEXT_0).children())
    except ValueError:
        return False


def _general_name_fault(name: Node) -> str:
    kind = _GENERAL_NAMES.get(name.tag)
    if kind is not None and not name.content.isascii():
        return f"has a {kind} with octets beyond ASCII (RFC 5280, 4.2.1.6)"
    if name.tag == _IP_ADDRESS and len(name.content) not in {4, 16}:
        return (
            f"has an iPAddress of {len(name.content)} octets, where 4 or 16 are demanded (RFC 5280, 4.2.1.6)"
        )
    if name.tag == _REGISTERED_ID and dotted(name.content) is None:
        return "has a registeredID that is malformed (X.690, 8.19)"
    if name.tag == _OTHER_NAME and not _is_other_name(name):
        return "has an otherName that is malformed (RFC 5280, 4.2.1.6)"
    if name.tag in {_X400, _EDI}:
        kind = "x400Address" if name.tag == _X400 else "ediPartyName"
        return f"has an {kind}, a kind of name that csrtui does not support"
    return ""
