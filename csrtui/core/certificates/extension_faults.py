"""Find extensions that break a rule of RFC 5280 or DER, and copy extensions so that they can be decoded."""

from collections.abc import Callable
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

_MAX_FAULTS: Final = 5
MAX_ENTRIES: Final = 2000
"""Maximum number of attributes, extensions and names to read."""
_SUPPORTED_NAMES: Final = {0x81: "rfc822Name", 0x82: "dNSName", 0x86: "uniformResourceIdentifier"}
_UNSUPPORTED_NAMES: Final = {0xA3: "x400Address", 0xA5: "ediPartyName"}
_IP_ADDRESS, _REGISTERED_ID, _OTHER_NAME, _DIRECTORY_NAME, _CONTEXT_0 = 0x87, 0x88, 0xA0, 0xA4, 0xA0
_KEY_AGREEMENT: Final = 0x08
_ENCIPHER_ONLY: Final = 0x01
"""The encipherOnly bit, in the first octet of KeyUsage."""
_DECIPHER_ONLY: Final = 0x80
"""The decipherOnly bit, in the second octet of KeyUsage."""


class Faults(list[str]):
    """The rules that a certificate or CSR breaks. Each clause names the field, the rule and its source."""

    def add(self, fault: str) -> None:
        """Append a fault unless it is already in the list or the list is full."""
        if fault not in self and len(self) < _MAX_FAULTS:
            self.append(fault)


def copy_extensions(node: Node, faults: Faults) -> bytes:
    """Return the DER of the extensions that csrtui uses, without duplicates, or empty bytes if there are none.

    Args:
        node: The Extensions of a certificate or CSR.
        faults: The list to which broken rules are added.
    """
    copied: dict[str, bytes] = {}
    for extension in node.children()[:MAX_ENTRIES]:
        type_node, *flags, value = extension.children()
        oid = type_node.oid or ""
        name, copy_value = _EXTENSIONS.get(oid, (oid, None))
        label = f"extension {name}"
        if flags and flags[0].content == b"\0":
            faults.add(f"{label}: critical FALSE is written, but DER omits a default value (X.690, 11.5)")
        if oid in copied:
            faults.add(f"{label} occurs twice (RFC 5280, 4.2)")
        elif copy_value is not None:
            content = _copy_value(value.content, copy_value, label, faults)
            copied[oid] = (
                encode(SEQUENCE, type_node.encoded, encode(OCTET_STRING, content)) if content else b""
            )
    extensions = b"".join(copied.values())
    return encode(SEQUENCE, extensions) if extensions else b""


_ValueCopier = Callable[[Node, str, Faults], bytes]


def _copy_value(content: bytes, copy_value: _ValueCopier, label: str, faults: Faults) -> bytes:
    root = parse(content)
    if root is None:
        faults.add(f"{label} is not DER")
        return b""
    try:
        return copy_value(root, label, faults)
    except (ValueError, IndexError):
        faults.add(f"{label} does not have the structure of RFC 5280, 4.2.1")
        return b""


def _copy_unchanged(root: Node, _label: str, _faults: Faults) -> bytes:
    return root.encoded


def _copy_basic_constraints(root: Node, label: str, faults: Faults) -> bytes:
    parts = root.children()
    has_flag = bool(parts) and parts[0].tag == BOOLEAN
    is_ca = has_flag and parts[0].content != b"\0"
    if has_flag and not is_ca:
        faults.add(f"{label}: cA FALSE is written, but DER omits a default value (X.690, 11.5)")
    path_length = [part.encoded for part in parts if part.tag == INTEGER]
    if path_length and not is_ca:
        faults.add(f"{label} has a pathLenConstraint without cA (RFC 5280, 4.2.1.9)")
    return encode(SEQUENCE, encode(BOOLEAN, b"\xff"), *path_length) if is_ca else encode(SEQUENCE)


def _copy_key_usage(root: Node, label: str, faults: Faults) -> bytes:
    octets = bytearray(root.content[1:])
    is_only = octets[0] & _ENCIPHER_ONLY or (len(octets) > 1 and octets[1] & _DECIPHER_ONLY)
    if is_only and not octets[0] & _KEY_AGREEMENT:
        faults.add(f"{label} has encipherOnly or decipherOnly without keyAgreement (RFC 5280, 4.2.1.3)")
        octets = bytearray([octets[0] & ~_ENCIPHER_ONLY])
    while octets and not octets[-1]:
        octets.pop()
    unused_bits = (octets[-1] & -octets[-1]).bit_length() - 1 if octets else 0
    return encode(BIT_STRING, bytes([unused_bits]), bytes(octets))


def _copy_general_names(root: Node, label: str, faults: Faults) -> bytes:
    names = []
    for name in root.children()[:MAX_ENTRIES]:
        fault = _general_name_fault(name)
        if fault:
            faults.add(f"{label} {fault}")
        elif name.tag != _DIRECTORY_NAME:  # it contains no host, and its strings may break other rules
            names.append(name.encoded)
    return encode(SEQUENCE, *names) if names else b""


def _general_name_fault(name: Node) -> str:
    """Return a clause on the rule of RFC 5280 that a GeneralName breaks, or "" if it breaks none."""
    supported = _SUPPORTED_NAMES.get(name.tag)
    if supported is not None and not name.content.isascii():
        return f"has a {supported} with non-ASCII octets (RFC 5280, 4.2.1.6)"
    if name.tag == _IP_ADDRESS and len(name.content) not in {4, 16}:
        return f"has an iPAddress of {len(name.content)} octets instead of 4 or 16 (RFC 5280, 4.2.1.6)"
    if name.tag == _REGISTERED_ID and dotted(name.content) is None:
        return "has a malformed registeredID (X.690, 8.19)"
    if name.tag == _OTHER_NAME and not _is_other_name(name):
        return "has a malformed otherName (RFC 5280, 4.2.1.6)"
    if name.tag in _UNSUPPORTED_NAMES:
        return f"has an {_UNSUPPORTED_NAMES[name.tag]}, a kind of name that csrtui does not support"
    return ""


def _is_other_name(name: Node) -> bool:
    try:
        return bool(name.child(0, OID).oid and name.child(1, _CONTEXT_0).children())
    except ValueError:
        return False


_EXTENSIONS: Final[dict[str, tuple[str, _ValueCopier]]] = {
    "2.5.29.15": ("keyUsage", _copy_key_usage),
    "2.5.29.17": ("subjectAltName", _copy_general_names),
    "2.5.29.19": ("basicConstraints", _copy_basic_constraints),
    "2.5.29.37": ("extKeyUsage", _copy_unchanged),
    "1.3.6.1.5.5.7.1.24": ("tlsFeature", _copy_unchanged),
}
"""The extensions that csrtui uses."""
