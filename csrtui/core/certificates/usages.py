"""What a CSR asks for, or a certificate allows, beyond its names: key usages and must-staple, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_SERVER = "1.3.6.1.5.5.7.3.1"
_PURPOSES = {
    _SERVER: "TLS server",
    "1.3.6.1.5.5.7.3.2": "TLS client",
    "1.3.6.1.5.5.7.3.3": "code signing",
    "1.3.6.1.5.5.7.3.4": "e-mail protection",
    "1.3.6.1.5.5.7.3.8": "time stamping",
    "1.3.6.1.5.5.7.3.9": "OCSP signing",
    "1.3.6.1.4.1.311.20.2.2": "smart card logon",
    "1.3.6.1.4.1.311.10.3.4": "Microsoft EFS",
    "2.5.29.37.0": "any",
}
_KEY_USAGES = (
    ("digital_signature", "digital signature"),
    ("content_commitment", "content commitment"),
    ("key_encipherment", "key encipherment"),
    ("data_encipherment", "data encipherment"),
    ("key_agreement", "key agreement"),
    ("key_cert_sign", "certificate signing"),
    ("crl_sign", "CRL signing"),
)
_MOST = 10
"""How many purposes are listed before they are only counted."""


def must_staple(extensions: "x509.Extensions") -> bool:
    """Whether the TLS feature status_request is there (RFC 7633), known as must-staple."""
    from cryptography import x509

    try:
        features = extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return False
    return x509.TLSFeatureType.status_request in features


def key_usages(extensions: "x509.Extensions") -> list[str]:
    """Return what the key may be used for (RFC 5280, 4.2.1.3); nothing where that is not restricted."""
    from cryptography import x509

    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return []
    return [text for attribute, text in _KEY_USAGES if getattr(usage, attribute)]


def purposes(extensions: "x509.Extensions", *, without_server: bool = False) -> list[str]:
    """Return the extended key usages (RFC 5280, 4.2.1.12), known ones by name.

    Args:
        extensions: Of a CSR or certificate.
        without_server: Whether that of TLS servers, which every CA sets, is left out.
    """
    from cryptography import x509

    try:
        usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return []
    oids = [oid.dotted_string for oid in usage if not (without_server and oid.dotted_string == _SERVER)]
    more = [f"{len(oids) - _MOST} more"] if len(oids) > _MOST else []
    return [*(_PURPOSES.get(oid, oid) for oid in oids[:_MOST]), *more]


def usage_lines(extensions: "x509.Extensions") -> Iterator[str]:
    """Give a line each on must-staple, key usages and extended key usages, where they are there."""
    if must_staple(extensions):
        yield "must-staple (TLS feature status_request)"
    if usages := key_usages(extensions):
        yield f"key usage: {', '.join(usages)}"
    if extended := purposes(extensions):
        yield f"extended key usage: {', '.join(extended)}"
