"""Finding the certificates in whatever a CA delivers: PEM, DER, PKCS #7, PKCS #12.

A private key is refused unread. cryptography is imported when something is decoded.
"""

import binascii
import warnings

from csrtui.core.errors import InputError
from csrtui.core.existing_bytes import (
    MAX_BYTES,
    contents_of,
    der_of,
    has_sections,
    refuse_private_key,
    sections,
    text_of,
)

MAX_CERTIFICATES = 100
"""The most certificates taken from one text or file; a chain has three or four."""

_CERTIFICATES = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})
"""PEM's labels (RFC 7468, 5); behind a trusted one openssl writes what it trusts it for."""
_BUNDLES = frozenset({b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA"})
"""PEM's labels (RFC 7468, 8 and 9)."""
_REQUESTS = frozenset({b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"})
_SEQUENCE, _OBJECT_IDENTIFIER, _INTEGER = 0x30, 0x06, 0x02
_HINT = "give what the CA sent: PEM, DER or PKCS #7"


def find_certificates(data: bytes) -> list[bytes]:
    """Return the DER of the certificates in `data`, at least one, each once, in their order.

    Args:
        data: PEM in any order with anything around it, also in UTF-16 as Windows writes it; DER; PKCS #7
            in PEM or DER; PKCS #12 without a key; or one of these in base64 without PEM's lines.

    Raises:
        InputError: It is empty, too much, holds a private key, no certificate, or cannot be read.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} bytes, too much for certificates", _HINT)
    if not data.strip(b"\0\t\n\v\f\r "):
        raise InputError("there is nothing in it", _HINT)
    found = list(dict.fromkeys(_find(data)))
    if not found:
        raise InputError("there is no certificate in it", _HINT)
    if len(found) > MAX_CERTIFICATES:
        raise InputError(f"there are {len(found)} certificates in it; at most {MAX_CERTIFICATES} are read")
    return found


def _find(data: bytes) -> list[bytes]:
    if data[0] == _SEQUENCE:
        return _in_der(data)
    refuse_private_key(data)
    text = text_of(data)
    if has_sections(text):
        return _in_pem(text)
    try:
        der = binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error:
        der = b""
    return _in_der(der) if der[:1] == bytes([_SEQUENCE]) else []


def is_label(label: bytes) -> bool:
    """Whether a section of PEM with this label holds certificates."""
    return label in _CERTIFICATES or label in _BUNDLES


def in_section(label: bytes, body: bytes | None) -> list[bytes]:
    """Return the DER of the certificates in a section of PEM.

    Args:
        label: One that `is_label` knows.
        body: As `existing_bytes.sections` gives it.

    Raises:
        InputError: It is cut short, or cannot be read.
    """
    if label in _BUNDLES:
        return _in_pkcs7(der_of("PKCS #7", body))
    return [_first_value(der_of("certificate", body))]


def _in_pem(text: bytes) -> list[bytes]:
    found: list[bytes] = []
    others: set[bytes] = set()
    for label, body in sections(text):
        if is_label(label):
            found += in_section(label, body)
        else:
            others.add(label)
    if not found and others & _REQUESTS:
        raise InputError("that is a certificate request, not the certificate that the CA made of it", _HINT)
    return found


def _in_der(der: bytes) -> list[bytes]:
    """Tell by the first tag within: PKCS #7 has an OID there, PKCS #12 a version, a certificate a SEQUENCE."""
    outer = contents_of(der, 0)
    first = der[outer[0]] if outer else None
    if first == _OBJECT_IDENTIFIER:
        return _in_pkcs7(der)
    if first == _INTEGER:
        from csrtui.core import pkcs12_bytes

        if pkcs12_bytes.is_pkcs12(der):
            return pkcs12_bytes.certificates_in(der)
    refuse_private_key(der)
    return [der] if first == _SEQUENCE else []


def _in_pkcs7(der: bytes) -> list[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # BER, and what is odd in the certificates, is no matter here
            certificates = pkcs7.load_der_pkcs7_certificates(der)
            return [certificate.public_bytes(Encoding.DER) for certificate in certificates]
    except Exception as error:  # which can come out is nowhere written down
        raise InputError("the PKCS #7 cannot be read, or has no certificates in it", _HINT) from error


def _first_value(der: bytes) -> bytes:
    outer = contents_of(der, 0)
    return der[: outer[1]] if outer else der
