"""Find the encoding rules of DER and RFC 5280 that a certificate or CSR breaks, and make a decodable copy.

OpenSSL reads such certificates and CSRs, but cryptography refuses them completely. The copy is only decoded, never
stored or sent. It has the key, validity and names of the original, and the extensions that csrtui uses. Invalid strings
are converted to UTF-8.
"""

import re
from collections.abc import Callable
from typing import Final

from csrtui.core.base import asn1
from csrtui.core.base.asn1 import BerError, Node, encode, parse
from csrtui.core.base.errors import InputError
from csrtui.core.certificates.extensions import oid_name

_MAX_FAULTS: Final = 5
_MAX_ENTRIES: Final = 2000
"""Maximum number of attributes, extensions and names to read."""
_SUPPORTED_NAMES: Final = {0x81: "rfc822Name", 0x82: "dNSName", 0x86: "uniformResourceIdentifier"}
_UNSUPPORTED_NAMES: Final = {0xA3: "x400Address", 0xA5: "ediPartyName"}
_IP_ADDRESS, _REGISTERED_ID, _OTHER_NAME, _DIRECTORY_NAME, _CONTEXT_0 = 0x87, 0x88, 0xA0, 0xA4, 0xA0
_KEY_AGREEMENT: Final = 0x08
_ENCIPHER_ONLY: Final = 0x01
"""The encipherOnly bit, in the first octet of KeyUsage."""
_DECIPHER_ONLY: Final = 0x80
"""The decipherOnly bit, in the second octet of KeyUsage."""
_EXPLICIT_0, _EXPLICIT_3, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0xA3, 0x17, 0x18
_EXTENSION_REQUESTS: Final = frozenset({"1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"})
_KIND, _LOCATION = r"kind: (\w+)", r"location: \[([^\]]*)\]"
"""Match the parts of an error message from cryptography."""
_PRINTABLE = rb"[A-Za-z0-9 '()+,./:=?-]*"
_SURROGATES = range(0xD8, 0xE0)
_TIMES: Final = {
    _UTC_TIME: rb"(\d{10})(\d{2})?(Z|[+-]\d{4})?",
    _GENERALIZED_TIME: rb"(\d{12})(\d{2})?(?:\.\d{1,9})?(Z|[+-]\d{4})?",
}
_UTC_YEARS = range(1950, 2050)
"""The years that UTCTime can represent (RFC 5280, 4.1.2.5)."""
_NO_PARAMETERS: Final = ("1.2.840.10045.4.", "1.3.101.11")
"""Prefixes of the signature algorithms that have no parameters (RFC 5758, 3.2; RFC 8410, 3)."""
_USE_ANOTHER_COPY = "use another copy of it"


class Faults(list[str]):
    """Clauses about the rules that a certificate or CSR breaks. Each names the field, the rule and its source."""

    def add(self, fault: str) -> None:
        """Append a fault, unless the list already contains it or is full."""
        if fault not in self and len(self) < _MAX_FAULTS:
            self.append(fault)


def read_copy(der: bytes, *, is_request: bool = False) -> tuple[bytes, Faults]:
    """Return a decodable copy of a certificate or CSR in DER, and the faults of the original.

    Raises:
        InputError: The original is truncated or damaged, or has another structure.
    """
    noun = "certificate request" if is_request else "certificate"
    faults = Faults()
    try:
        return _copy(der, faults, is_request=is_request), faults
    except BerError as error:
        if error.is_short:
            raise InputError(f"the {noun} is cut short: {error}", "copy all of it again") from error
        raise InputError(f"the {noun} is damaged: {error}", _USE_ANOTHER_COPY) from error
    except (ValueError, IndexError) as error:
        text = f"the {noun} is damaged: it does not have the structure of X.509"
        raise InputError(text, _USE_ANOTHER_COPY) from error


def describe_error(error: Exception) -> str:
    """Return a clause that describes an error from cryptography, with the field named in its message."""
    kind, location = re.search(_KIND, str(error)), re.search(_LOCATION, str(error))
    if kind is None:
        return f"cryptography refuses it ({type(error).__name__})"
    names = re.findall(r'"(?:\w+::)?(\w+)"', location[1]) if location is not None else []
    return f"field {'.'.join(names) or 'at the beginning'} breaks a rule of DER ({kind[1]})"


def certificate_names(der: bytes) -> tuple[bytes, bytes]:
    """Return the issuer and the subject of a certificate in their original DER.

    Raises:
        ValueError: The DER does not have the structure of a certificate.
    """
    _, (_, _, issuer, _, subject, _), _ = _split_certificate(_split_signed(der)[0])
    return issuer.encoded, subject.encoded


def signed_part(der: bytes) -> tuple[bytes, bytes]:
    """Return the signed octets of a certificate, and the signature.

    Raises:
        ValueError: The DER does not have the structure of a certificate, the two signature algorithms in it differ
            (RFC 5280, 4.1.1.2), or the signature has unused bits, which OpenSSL refuses.
    """
    body, algorithm, signature = _split_signed(der)
    _, (_, signed_algorithm, *_), _ = _split_certificate(body)
    if signed_algorithm.encoded != algorithm.encoded or not signature.content.startswith(b"\0"):
        raise ValueError("the signature does not have the structure of X.509")
    return body.encoded, signature.content[1:]


def _copy(der: bytes, faults: Faults, *, is_request: bool) -> bytes:
    rewritten, _ = asn1.to_der(der)
    root = parse(der)
    if root is None or rewritten != root.encoded:
        faults.add("a length is not encoded as DER requires (X.690, 10.1)")
    body, algorithm, signature = _split_signed(rewritten)
    parts = _copy_request_info(body, faults) if is_request else _copy_tbs_certificate(body, faults)
    end = _copy_algorithm(algorithm, faults), _copy_signature(signature, faults)
    return encode(asn1.SEQUENCE, encode(asn1.SEQUENCE, *parts), *end)


def _split_signed(der: bytes) -> tuple[Node, Node, Node]:
    """Return the body, the algorithm and the signature of signed data."""
    root = parse(der)
    parts = root.children() if root is not None else []
    if [part.tag for part in parts] != [asn1.SEQUENCE, asn1.SEQUENCE, asn1.BIT_STRING]:
        raise BerError("not signed data")
    return parts[0], parts[1], parts[2]


def _split_certificate(body: Node) -> tuple[list[Node], list[Node], list[Node]]:
    """Return the version (if any), the fields from serial number to key, and the optional fields (RFC 5280, 4.1)."""
    parts = body.children()
    start = 1 if parts[0].tag == _EXPLICIT_0 else 0
    return parts[:start], parts[start : start + 6], parts[start + 6 :]


def _copy_tbs_certificate(body: Node, faults: Faults) -> list[bytes]:
    version, (serial, algorithm, issuer, validity, subject, key), optional = _split_certificate(body)
    parts = [
        *_copy_version(version, faults),
        _copy_serial(serial, faults),
        _copy_algorithm(algorithm, faults),
        _copy_name(issuer, "issuer", faults),
        encode(asn1.SEQUENCE, *[_copy_time(time, faults) for time in validity.children()]),
        _copy_name(subject, "subject", faults),
        key.encoded,
    ]
    for part in optional:
        if part.tag == _EXPLICIT_3:
            extensions = _copy_extensions(part.child(0, asn1.SEQUENCE), faults)
            parts += [encode(_EXPLICIT_3, extensions)] if extensions else []
    return parts


def _copy_request_info(body: Node, faults: Faults) -> list[bytes]:
    version, subject, key, *optional = body.children()
    attributes = [_copy_attributes(part, faults) for part in optional if part.tag == _EXPLICIT_0]
    return [version.encoded, _copy_name(subject, "subject", faults), key.encoded, *attributes]


def _copy_attributes(node: Node, faults: Faults) -> bytes:
    """Return the attributes of a CSR that contain extension requests. The copy needs no others."""
    attributes = node.children()
    encoded = [attribute.encoded for attribute in attributes]
    if encoded != sorted(encoded):
        faults.add("the attributes are not in the order that DER requires for a SET (X.690, 11.6)")
    requests = []
    for attribute in attributes[:_MAX_ENTRIES]:
        type_node, values = attribute.children()
        if type_node.oid in _EXTENSION_REQUESTS:
            extensions = _copy_extensions(values.child(0, asn1.SEQUENCE), faults)
            requests += (
                [encode(asn1.SEQUENCE, type_node.encoded, encode(asn1.SET, extensions))] if extensions else []
            )
    return encode(_EXPLICIT_0, *sorted(requests))


def _copy_version(parts: list[Node], faults: Faults) -> list[bytes]:
    if parts and parts[0].child(0, asn1.INTEGER).integer == 0:
        faults.add("version 1 is written, but DER omits a default value (X.690, 11.5)")
        return []
    return [part.encoded for part in parts]


def _copy_signature(node: Node, faults: Faults) -> bytes:
    if node.content[:1] != b"\0":
        faults.add("the signature has unused bits, but must consist of octets (RFC 5280, 4.1.1.3)")
    return encode(asn1.BIT_STRING, b"\0", node.content[1:])


def _copy_serial(node: Node, faults: Faults) -> bytes:
    value = int.from_bytes(node.content, signed=True)
    shortest = value.to_bytes(value.bit_length() // 8 + 1, signed=True)
    if shortest != node.content:
        faults.add("the serial number has superfluous octets (X.690, 8.3.2)")
    return encode(asn1.INTEGER, shortest)


def _copy_algorithm(node: Node, faults: Faults) -> bytes:
    parts = node.children()
    oid = parts[0].oid or ""
    if oid.startswith(_NO_PARAMETERS) and len(parts) > 1 and parts[1].tag == asn1.NULL:
        faults.add("the signature algorithm has NULL parameters; ECDSA and EdDSA have none (RFC 5758, 3.2)")
        return encode(asn1.SEQUENCE, parts[0].encoded)
    return node.encoded


def _copy_name(node: Node, field_name: str, faults: Faults) -> bytes:
    rdns = [rdn.children() for rdn in node.children()]
    if not all(rdns):
        faults.add(f"an RDN of the {field_name} is empty (RFC 5280, 4.1.2.4)")
    copied = ([_copy_attribute(attribute, field_name, faults) for attribute in rdn] for rdn in rdns if rdn)
    return encode(asn1.SEQUENCE, *[encode(asn1.SET, *attributes) for attributes in copied])


def _copy_attribute(node: Node, field_name: str, faults: Faults) -> bytes:
    from cryptography.x509 import ObjectIdentifier

    type_node, value = node.children()
    text, fault = _check_text(value)
    if fault:
        faults.add(f"{oid_name(ObjectIdentifier(type_node.oid or ''))} in the {field_name} {fault}")
    if text is None:
        return node.encoded
    return encode(asn1.SEQUENCE, type_node.encoded, encode(asn1.UTF8_STRING, text.encode()))


def _check_text(value: Node) -> tuple[str | None, str]:
    """Return the text of a string if it must be re-encoded (else None), and a clause about the rule that it breaks."""
    content = value.content
    match value.tag:
        case 0x13 if not re.fullmatch(_PRINTABLE, content):
            invalid = next(chr(octet) for octet in content if not re.fullmatch(_PRINTABLE, bytes([octet])))
            fault = f"has {invalid!a}, which a PrintableString cannot contain (X.680, 41.4)"
        case 0x14:
            rule = "is a TeletexString with non-ASCII octets (RFC 5280, 4.1.2.4)"
            fault = "" if content.isascii() else rule
        case 0x16 | 0x1A if not content.isascii():
            fault = "has non-ASCII octets, which an IA5String cannot contain (X.680, 41)"
        case 0x0C if not _is_utf8(content):
            fault = "is not valid UTF-8"
        case 0x1E if len(content) % 2 or any(octet in _SURROGATES for octet in content[::2]):
            return content.decode("utf-16-be", "replace"), "is not a valid BMPString (X.680, 41)"
        case _:
            return None, ""
    return content.decode("latin-1"), fault


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


_WRONG_TIME = "a time of the validity is not a date and time (RFC 5280, 4.1.2.5)"


def _copy_time(node: Node, faults: Faults) -> bytes:
    """Return the time in UTC with seconds (RFC 5280, 4.1.2.5), or the original encoding if the time is invalid."""
    from datetime import datetime, timedelta

    pattern = _TIMES.get(node.tag)
    match = re.fullmatch(pattern, node.content) if pattern is not None else None
    if match is None:
        faults.add(_WRONG_TIME)
        return node.encoded
    text = match[1].decode() + (match[2] or b"00").decode()
    zone = (match[3] or b"Z").decode()
    if node.tag == _UTC_TIME:  # a two-digit year: RFC 5280, 4.1.2.5.1
        text = ("20" if text < "50" else "19") + text
    try:
        time = datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the next lines convert it to UTC
        if zone != "Z":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
            time += offset if zone[0] == "-" else -offset
    except (ValueError, OverflowError):
        faults.add(_WRONG_TIME)
        return node.encoded
    is_utc_time = time.year in _UTC_YEARS
    tag, form = (_UTC_TIME, "%y%m%d%H%M%SZ") if is_utc_time else (_GENERALIZED_TIME, "%Y%m%d%H%M%SZ")
    copied = encode(tag, f"{time:{form}}".encode())
    if copied != node.encoded:
        form = "YYMMDDHHMMSSZ, or YYYYMMDDHHMMSSZ from 2050 on"
        faults.add(f"a time of the validity does not have the form {form} (RFC 5280, 4.1.2.5)")
    return copied


def _copy_extensions(node: Node, faults: Faults) -> bytes:
    """Return the DER of the extensions that csrtui uses, without duplicates, or empty bytes if there are none."""
    copied: dict[str, bytes] = {}
    for extension in node.children()[:_MAX_ENTRIES]:
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
                encode(asn1.SEQUENCE, type_node.encoded, encode(asn1.OCTET_STRING, content))
                if content
                else b""
            )
    extensions = b"".join(copied.values())
    return encode(asn1.SEQUENCE, extensions) if extensions else b""


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


def _copy_basic_constraints(root: Node, label: str, faults: Faults) -> bytes:
    parts = root.children()
    has_flag = bool(parts) and parts[0].tag == asn1.BOOLEAN
    is_ca = has_flag and parts[0].content != b"\0"
    if has_flag and not is_ca:
        faults.add(f"{label}: cA FALSE is written, but DER omits a default value (X.690, 11.5)")
    path_length = [part.encoded for part in parts if part.tag == asn1.INTEGER]
    if path_length and not is_ca:
        faults.add(f"{label} has a pathLenConstraint without cA (RFC 5280, 4.2.1.9)")
    return (
        encode(asn1.SEQUENCE, encode(asn1.BOOLEAN, b"\xff"), *path_length) if is_ca else encode(asn1.SEQUENCE)
    )


def _copy_key_usage(root: Node, label: str, faults: Faults) -> bytes:
    octets = bytearray(root.content[1:])
    is_only = octets[0] & _ENCIPHER_ONLY or (len(octets) > 1 and octets[1] & _DECIPHER_ONLY)
    if is_only and not octets[0] & _KEY_AGREEMENT:
        faults.add(f"{label} has encipherOnly or decipherOnly without keyAgreement (RFC 5280, 4.2.1.3)")
        octets = bytearray([octets[0] & ~_ENCIPHER_ONLY])
    while octets and not octets[-1]:
        octets.pop()
    unused_bits = (octets[-1] & -octets[-1]).bit_length() - 1 if octets else 0
    return encode(asn1.BIT_STRING, bytes([unused_bits]), bytes(octets))


def _copy_general_names(root: Node, label: str, faults: Faults) -> bytes:
    names = []
    for name in root.children()[:_MAX_ENTRIES]:
        fault = _general_name_fault(name)
        if fault:
            faults.add(f"{label} {fault}")
        elif name.tag != _DIRECTORY_NAME:  # names no host, and may break other rules
            names.append(name.encoded)
    return encode(asn1.SEQUENCE, *names) if names else b""


def _general_name_fault(name: Node) -> str:
    """Return a clause about the rule of RFC 5280 that a GeneralName breaks, or "" if it breaks none."""
    supported = _SUPPORTED_NAMES.get(name.tag)
    if supported is not None and not name.content.isascii():
        return f"has a {supported} with non-ASCII octets (RFC 5280, 4.2.1.6)"
    if name.tag == _IP_ADDRESS and len(name.content) not in {4, 16}:
        return f"has an iPAddress of {len(name.content)} octets instead of 4 or 16 (RFC 5280, 4.2.1.6)"
    if name.tag == _REGISTERED_ID and asn1.dotted(name.content) is None:
        return "has a malformed registeredID (X.690, 8.19)"
    if name.tag == _OTHER_NAME and not _is_other_name(name):
        return "has a malformed otherName (RFC 5280, 4.2.1.6)"
    if name.tag in _UNSUPPORTED_NAMES:
        return f"has an {_UNSUPPORTED_NAMES[name.tag]}, a kind of name that csrtui does not support"
    return ""


def _is_other_name(name: Node) -> bool:
    try:
        return bool(name.child(0, asn1.OID).oid and name.child(1, _CONTEXT_0).children())
    except ValueError:
        return False


_EXTENSIONS: Final[dict[str, tuple[str, _ValueCopier]]] = {
    "2.5.29.15": ("keyUsage", _copy_key_usage),
    "2.5.29.17": ("subjectAltName", _copy_general_names),
    "2.5.29.19": ("basicConstraints", _copy_basic_constraints),
    "2.5.29.37": ("extKeyUsage", lambda root, _label, _faults: root.encoded),
    "1.3.6.1.5.5.7.1.24": ("tlsFeature", lambda root, _label, _faults: root.encoded),
}
"""The extensions that csrtui uses."""
