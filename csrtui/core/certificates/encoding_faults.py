"""Certificates and CSRs that break an encoding rule: which field breaks which rule, and a copy that can be decoded.

openssl reads them, the library refuses them as a whole. The copy is only decoded, never kept or sent: what it says
of key, validity and names is the original's. In it, wrong strings are UTF-8, and extensions that nothing here
uses are left out.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from csrtui.core.base.asn1 import (
    BIT_STRING,
    INTEGER,
    NULL,
    SEQUENCE,
    SET,
    UTF8_STRING,
    BerError,
    Node,
    encode,
    parse,
    to_der,
)
from csrtui.core.base.errors import InputError
from csrtui.core.certificates.extension_faults import MAX_ENTRIES, Copy, copy_extensions

_EXPLICIT_0, _EXPLICIT_3, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0xA3, 0x17, 0x18
_EXTENSION_REQUESTS: Final = frozenset({"1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"})
_ATTRIBUTES: Final = {
    "2.5.4.3": "commonName",
    "2.5.4.6": "countryName",
    "2.5.4.7": "localityName",
    "2.5.4.8": "stateOrProvinceName",
    "2.5.4.10": "organizationName",
    "2.5.4.11": "organizationalUnitName",
    "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.25": "domainComponent",
}
_KIND, _LOCATION = re.compile(r"kind: (\w+)"), re.compile(r"location: \[([^\]]*)\]")
"""Parts of the library's message."""
_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]*")
_SURROGATES = range(0xD8, 0xE0)
_TIMES: Final = {
    _UTC_TIME: re.compile(rb"(\d{10})(\d{2})?(Z|[+-]\d{4})?"),
    _GENERALIZED_TIME: re.compile(rb"(\d{12})(\d{2})?(?:\.\d{1,9})?(Z|[+-]\d{4})?"),
}
_UTC_YEARS = range(1950, 2050)
"""The years that UTCTime can write (RFC 5280, 4.1.2.5)."""
_NO_PARAMETERS: Final = ("1.2.840.10045.4.", "1.3.101.11")
"""Signature algorithms whose parameters are absent (RFC 5758, 3.2; RFC 8410, 3)."""


def copy_certificate(der: bytes) -> Copy:
    """Return a copy of a certificate that can be decoded, with the faults of the original.

    Raises:
        BerError: It has not the structure of a certificate.
    """
    copy = _begin(der)
    tbs, algorithm, signature = _three(copy.der)
    parts = tbs.children()
    first = 1 if parts[0].tag == _EXPLICIT_0 else 0
    serial, inner, issuer, validity, subject, key = parts[first : first + 6]
    rewritten = [
        *_version(parts[:first], copy),
        _integer(serial, copy),
        _algorithm(inner, copy),
        _name(issuer, "issuer", copy),
        _validity(validity, copy),
        _name(subject, "subject", copy),
        key.encoded,
    ]
    for part in parts[first + 6 :]:
        if part.tag == _EXPLICIT_3:
            extensions = copy_extensions(part.child(0, SEQUENCE), copy)
            rewritten += [encode(_EXPLICIT_3, extensions)] if extensions else []
    copy.der = encode(
        SEQUENCE, encode(SEQUENCE, *rewritten), _algorithm(algorithm, copy), _signature(signature, copy)
    )
    return copy


def copy_request(der: bytes) -> Copy:
    """Return a copy of a CSR that can be decoded, with the faults of the original.

    Raises:
        BerError: It has not the structure of a CSR.
    """
    copy = _begin(der)
    info, algorithm, signature = _three(copy.der)
    version, subject, key, *rest = info.children()
    rewritten = [version.encoded, _name(subject, "subject", copy), key.encoded]
    rewritten += [encode(_EXPLICIT_0, _attributes(part, copy)) for part in rest if part.tag == _EXPLICIT_0]
    copy.der = encode(
        SEQUENCE, encode(SEQUENCE, *rewritten), _algorithm(algorithm, copy), _signature(signature, copy)
    )
    return copy


def copy_of(der: bytes, make: Callable[[bytes], Copy], noun: str) -> Copy:
    """Return a copy, or say why there is none.

    Raises:
        InputError: It is cut short, damaged, or of another structure.
    """
    try:
        return make(der)
    except BerError as error:
        if error.is_short:
            raise InputError(f"the {noun} is cut short: {error}", "copy it again, all of it") from error
        raise InputError(f"the {noun} is damaged: {error}", "ask for another") from error
    except (ValueError, IndexError) as error:
        raise InputError(
            f"the {noun} is damaged: it has not the structure of X.509", "ask for another"
        ) from error


def described(error: Exception) -> str:
    """Return a clause for what the library refuses, with the field that it names."""
    kind, place = _KIND.search(str(error)), _LOCATION.search(str(error))
    if kind is None:
        return f"the library refuses it ({type(error).__name__})"
    names = re.findall(r'"(?:\w+::)?(\w+)"', place[1]) if place is not None else []
    return f"field {'.'.join(names) or 'at the beginning'} breaks a rule of DER ({kind[1]})"


def names_of_certificate(der: bytes) -> tuple[bytes, bytes]:
    """Return the DER of issuer and subject of a certificate, octet for octet.

    Raises:
        BerError: It has not the structure of a certificate.
    """
    parts = _three(der)[0].children()
    first = 1 if parts[0].tag == _EXPLICIT_0 else 0
    return parts[first + 2].encoded, parts[first + 4].encoded


def signed_part(der: bytes) -> tuple[bytes, bytes]:
    """Return what is signed in a certificate or CSR, and the signature.

    Raises:
        BerError: It has not their structure.
    """
    tbs, _, signature = _three(der)
    return tbs.encoded, signature.content[1:]


def _begin(der: bytes) -> Copy:
    rewritten, _ = to_der(der)
    copy = Copy(rewritten)
    root = parse(der)
    if root is None or rewritten != root.encoded:
        copy.add("a length is not encoded as DER demands (X.690, 10.1)")
    return copy


def _three(der: bytes) -> tuple[Node, Node, Node]:
    root = parse(der)
    parts = root.children() if root is not None else []
    if [part.tag for part in parts] != [SEQUENCE, SEQUENCE, BIT_STRING]:
        raise BerError("not signed data")
    return parts[0], parts[1], parts[2]


def _version(parts: list[Node], copy: Copy) -> list[bytes]:
    """The version, where it is not the default."""
    if parts and parts[0].child(0, INTEGER).integer == 0:
        copy.add("version 1 is written, where DER leaves a default out (X.690, 11.5)")
        return []
    return [part.encoded for part in parts]


def _signature(node: Node, copy: Copy) -> bytes:
    if node.content[:1] != b"\0":
        copy.add("the signature has unused bits, where it consists of octets (RFC 5280, 4.1.1.3)")
    return encode(BIT_STRING, b"\0", node.content[1:])


def _integer(node: Node, copy: Copy) -> bytes:
    value = int.from_bytes(node.content, signed=True)
    shortest = value.to_bytes(value.bit_length() // 8 + 1, signed=True)
    if shortest != node.content:
        copy.add("the serial number has superfluous octets (X.690, 8.3.2)")
    return encode(INTEGER, shortest)


def _algorithm(node: Node, copy: Copy) -> bytes:
    parts = node.children()
    oid = parts[0].oid or ""
    if oid.startswith(_NO_PARAMETERS) and len(parts) > 1 and parts[1].tag == NULL:
        copy.add(
            "the signature algorithm has NULL parameters, where ECDSA and EdDSA have none (RFC 5758, 3.2)"
        )
        return encode(SEQUENCE, parts[0].encoded)
    return node.encoded


def _name(node: Node, field_name: str, copy: Copy) -> bytes:
    if any(rdn.start == rdn.end for rdn in node.children()):
        copy.add(f"an RDN of the {field_name} is empty (RFC 5280, 4.1.2.4)")
    rdns = [
        encode(SET, *[_attribute(part, field_name, copy) for part in rdn.children()])
        for rdn in node.children()
        if rdn.start != rdn.end
    ]
    return encode(SEQUENCE, *rdns)


def _attribute(node: Node, field_name: str, copy: Copy) -> bytes:
    kind, value = node.children()
    text, rule = _text(value)
    if rule:
        oid = kind.oid or ""
        copy.add(f"{_ATTRIBUTES.get(oid, oid)} in the {field_name} {rule}")
    return (
        node.encoded if text is None else encode(SEQUENCE, kind.encoded, encode(UTF8_STRING, text.encode()))
    )


def _text(value: Node) -> tuple[str | None, str]:
    """What a string says where it has to be written otherwise, and the rule that it breaks."""
    content = value.content
    match value.tag:
        case 0x13 if not _PRINTABLE.fullmatch(content):
            stranger = next(chr(octet) for octet in content if not _PRINTABLE.fullmatch(bytes([octet])))
            return content.decode(
                "latin-1"
            ), f"has {stranger!a}, which a PrintableString cannot have (X.680, 41.4)"
        case 0x14:
            rule = (
                "is a TeletexString with octets beyond ASCII (RFC 5280, 4.1.2.4)"
                if not content.isascii()
                else ""
            )
            return content.decode("latin-1"), rule
        case 0x16 | 0x1A if not content.isascii():
            return content.decode(
                "latin-1"
            ), "has octets beyond ASCII, which an IA5String cannot have (X.680, 41)"
        case 0x0C:
            try:
                content.decode()
            except UnicodeDecodeError:
                return content.decode("latin-1"), "is not valid UTF-8"
        case 0x1E if len(content) % 2 or any(octet in _SURROGATES for octet in content[::2]):
            return content.decode("utf-16-be", "replace"), "is not a valid BMPString (X.680, 41)"
    return None, ""


def _validity(node: Node, copy: Copy) -> bytes:
    return encode(SEQUENCE, *[_time(part, copy) for part in node.children()])


def _time(node: Node, copy: Copy) -> bytes:
    """A time in UTC with seconds (RFC 5280, 4.1.2.5)."""
    from datetime import datetime, timedelta

    pattern = _TIMES.get(node.tag)
    match = pattern.fullmatch(node.content) if pattern is not None else None
    if match is None:
        return node.encoded
    text = match[1].decode() + (match[2] or b"00").decode()
    zone = (match[3] or b"Z").decode()
    if node.tag == _UTC_TIME:  # two digits of the year: RFC 5280, 4.1.2.5.1
        text = ("20" if text < "50" else "19") + text
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone is taken off below
        if zone != "Z":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
            moment += offset if zone[0] == "-" else -offset
    except (ValueError, OverflowError):
        return node.encoded
    tag, form = (
        (_UTC_TIME, "%y%m%d%H%M%SZ") if moment.year in _UTC_YEARS else (_GENERALIZED_TIME, "%Y%m%d%H%M%SZ")
    )
    written = encode(tag, f"{moment:{form}}".encode())
    if written != node.encoded:
        copy.add(
            "a time of the validity is not written as YYMMDDHHMMSSZ, or with four digits from 2050 on (RFC 5280, 4.1.2.5)"
        )
    return written


def _attributes(node: Node, copy: Copy) -> bytes:
    """The extension requests of a CSR; its other attributes are not needed."""
    parts = node.children()
    encoded = [part.encoded for part in parts]
    if encoded != sorted(encoded):
        copy.add("the attributes are not in the order that DER demands of a SET (X.690, 11.6)")
    requests = []
    for part in parts[:MAX_ENTRIES]:
        kind, values = part.children()
        if kind.oid in _EXTENSION_REQUESTS:
            extensions = copy_extensions(values.child(0, SEQUENCE), copy)
            requests += [encode(SEQUENCE, kind.encoded, encode(SET, extensions))] if extensions else []
    return b"".join(sorted(requests))


def listed(faults: Iterable[str]) -> str:
    """Return faults as one clause."""
    return "; ".join(faults)
