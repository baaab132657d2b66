"""The extensions of CSRs and certificates: purposes (key usages), alternative names, and must-staple."""

import ipaddress
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar, cast

from csrtui.core.base import asn1
from csrtui.core.base.finding import Purpose
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject import distinguished_name

if TYPE_CHECKING:
    from cryptography import x509

_Extension = TypeVar("_Extension", bound="x509.ExtensionType")

SERVER_AUTHENTICATION: Final = "1.3.6.1.5.5.7.3.1"
"""The purpose that the certificate of a TLS server must have (RFC 5280, 4.2.1.12)."""
CLIENT_AUTHENTICATION: Final = "1.3.6.1.5.5.7.3.2"
CODE_SIGNING: Final = "1.3.6.1.5.5.7.3.3"
EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
ANY_PURPOSE: Final = "2.5.29.37.0"

EXTENDED_KEY_USAGES: Final = {
    Purpose.SERVER: (SERVER_AUTHENTICATION,),
    Purpose.CLIENT: (CLIENT_AUTHENTICATION,),
    Purpose.SERVER_CLIENT: (SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION),
    Purpose.EMAIL: (EMAIL_PROTECTION,),
    Purpose.CODE_SIGNING: (CODE_SIGNING,),
}
"""The OIDs of the extended key usages of each purpose."""
PURPOSE_LABELS: Final = {
    Purpose.SERVER: "TLS servers",
    Purpose.CLIENT: "TLS clients",
    Purpose.SERVER_CLIENT: "TLS servers and clients",
    Purpose.EMAIL: "e-mail (S/MIME)",
    Purpose.CODE_SIGNING: "code signing",
}
"""The display name of each purpose."""


_PURPOSES = {
    SERVER_AUTHENTICATION: "TLS server",
    CLIENT_AUTHENTICATION: "TLS client",
    CODE_SIGNING: "code signing",
    EMAIL_PROTECTION: "e-mail protection",
    "1.3.6.1.5.5.7.3.8": "time stamping",
    "1.3.6.1.5.5.7.3.9": "OCSP signing",
    "1.3.6.1.4.1.311.20.2.2": "smart card logon",
    "1.3.6.1.4.1.311.10.3.4": "Microsoft EFS",
    ANY_PURPOSE: "any",
}
_MAX_PURPOSES = 10
"""Maximum number of purposes listed. Any others are only counted."""
_KEY_USAGES = (
    ("digital_signature", "digital signature"),
    ("content_commitment", "content commitment"),
    ("key_encipherment", "key encipherment"),
    ("data_encipherment", "data encipherment"),
    ("key_agreement", "key agreement"),
    ("key_cert_sign", "certificate signing"),
    ("crl_sign", "CRL signing"),
)


def extension_value(extensions: "x509.Extensions", extension_type: type[_Extension]) -> _Extension | None:
    """Return the value of the extension of this type, or None if the CSR or certificate does not have it."""
    from cryptography import x509

    try:
        return extensions.get_extension_for_class(extension_type).value
    except x509.ExtensionNotFound:
        return None


_PUBLIC_POLICY: Final = re.compile(r"2\.23\.140\.1\.(?:1|2\.\d+|31)")


def has_public_policy(extensions: "x509.Extensions") -> bool:
    """Return whether a certificate has a policy of the CA/Browser Forum.

    Public CAs have had to include one in server certificates since 2020-09-30 (BR 7.1.6.1, 7.1.2.7.9). Private CAs have
    no reason to include one.
    """
    from cryptography import x509

    policies = extension_value(extensions, x509.CertificatePolicies) or ()
    return any(_PUBLIC_POLICY.fullmatch(policy.policy_identifier.dotted_string) for policy in policies)


def extended_key_usages(extensions: "x509.Extensions") -> list[str]:
    """Return the OIDs of the extended key usages of a CSR or certificate."""
    from cryptography import x509

    return [oid.dotted_string for oid in extension_value(extensions, x509.ExtendedKeyUsage) or ()]


def extensions_for(purpose: Purpose, key_type: KeyType) -> "x509.Extensions":
    """Return the extensions that a CSR requests for a purpose: key usage, then extended key usage.

    Every key signs. RSA keys of servers and mail users also transport keys (in TLS 1.2, not in RFC 8446). EC keys of
    mail users also agree on keys (RFC 8551, RFC 5753).
    """
    from cryptography import x509

    is_email = purpose is Purpose.EMAIL
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=key_type.kind[0] == "RSA" and (is_email or purpose.is_for_servers),
        data_encipherment=False,
        key_agreement=key_type.kind[0] == "EC" and is_email,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    extended_usage = x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, EXTENDED_KEY_USAGES[purpose]))
    # RFC 5280 4.2.1.3 asks for a critical key usage.
    return x509.Extensions(
        [
            x509.Extension(usage.oid, critical=True, value=usage),
            x509.Extension(extended_usage.oid, critical=False, value=extended_usage),
        ]
    )


def purpose_of(oids: Collection[str]) -> Purpose:
    """Return the purpose for which these extended key usages suffice, or `Purpose.SERVER` if there is none."""
    order = (Purpose.SERVER_CLIENT, *Purpose)
    return next(
        (purpose for purpose in order if set(EXTENDED_KEY_USAGES[purpose]) <= set(oids)), Purpose.SERVER
    )


def has_must_staple(extensions: "x509.Extensions") -> bool:
    """Return whether the extensions contain the TLS feature status_request (RFC 7633), known as must-staple."""
    from cryptography import x509

    return x509.TLSFeatureType.status_request in (extension_value(extensions, x509.TLSFeature) or ())


def oid_name(oid: "x509.ObjectIdentifier") -> str:
    """Return the name of an extension or attribute type, such as ``commonName``, or its OID if it is unknown."""
    name: str = oid._name  # noqa: SLF001 - cryptography has no public table of names
    return oid.dotted_string if name == "Unknown OID" else name


def describe_usages(extensions: "x509.Extensions") -> Iterator[str]:
    """Yield one line each for must-staple, key usages and extended key usages, if the extensions contain them."""
    from cryptography import x509

    if has_must_staple(extensions):
        yield "must-staple (TLS feature status_request)"
    key_usage = extension_value(extensions, x509.KeyUsage)  # RFC 5280, 4.2.1.3
    if usages := [text for attribute, text in _KEY_USAGES if getattr(key_usage, attribute, False)]:
        yield f"key usage: {', '.join(usages)}"
    if purposes := purpose_names(extensions):
        yield f"extended key usage: {', '.join(purposes)}"


def purpose_names(extensions: "x509.Extensions", *, without: Sequence[str] = ()) -> list[str]:
    """Return the extended key usages (RFC 5280, 4.2.1.12): their names if known, otherwise their OIDs.

    `without` contains the OIDs to leave out.
    """
    oids = [oid for oid in extended_key_usages(extensions) if oid not in without]
    more = [f"{len(oids) - _MAX_PURPOSES} more"] if len(oids) > _MAX_PURPOSES else []
    return [*(_PURPOSES.get(oid, oid) for oid in oids[:_MAX_PURPOSES]), *more]


def alternative_names(extensions: "x509.Extensions") -> Iterator[str]:
    """Yield the names of the SAN extension of a CSR or certificate, in the format of `csr.Request.names`."""
    from cryptography import x509

    for name in extension_value(extensions, x509.SubjectAlternativeName) or ():
        match name:
            case x509.DNSName():
                yield name.value
            case x509.IPAddress():
                yield str(name.value)
            case _:
                yield prefixed_name(name)


_OTHER_NAMES = {"1.3.6.1.4.1.311.20.2.3": ("upn", 0x0C), "1.3.6.1.5.5.7.8.7": ("srv", 0x16)}
"""Prefix and ASN.1 type of Microsoft's user principal name and of service names (RFC 4985, 2)."""


UNREQUESTED_NAME_PREFIXES = ("directory:", "rid:", "srv:", "other:")
"""The prefixes of names in existing CSRs and certificates that a new CSR cannot request."""
OTHER_NAME_PREFIXES = ("email:", "uri:", "upn:", *UNREQUESTED_NAME_PREFIXES)
"""The prefixes of all names that are neither a host name nor an address (`prefixed_name`)."""


def prefixed_name(name: "x509.GeneralName") -> str:
    """Return a name that is not a host name or address, with its kind as a prefix: ``upn:u@example.com``."""
    from cryptography import x509

    match name:
        case x509.RFC822Name():
            return f"email:{name.value}"
        case x509.UniformResourceIdentifier():
            return f"uri:{name.value}"
        case x509.DirectoryName():
            return f"directory:{distinguished_name.rfc4514(name.value)}"
        case x509.IPAddress():  # a network, which only name constraints may contain
            return str(name.value)
        case x509.RegisteredID():
            return f"rid:{name.value.dotted_string}"
        case _:  # OtherName; host names are handled elsewhere
            return _other_name(cast("x509.OtherName", name))


def _other_name(name: "x509.OtherName") -> str:
    oid = name.type_id.dotted_string
    prefix, tag = _OTHER_NAMES.get(oid, ("", 0))
    value = asn1.parse(name.value)
    if value is None or not prefix or value.tag != tag:
        return f"other:{oid}"
    return f"{prefix}:{value.content.decode('utf-8', 'replace')}"


def general_name(name: str) -> "x509.GeneralName":
    """Return the SAN entry for a name in the format of `csr.Request.names`."""
    from cryptography import x509

    kind, _, value = name.partition(":")
    match kind:
        case "email":
            return x509.RFC822Name(value)
        case "uri":
            return x509.UniformResourceIdentifier(value)
        case "upn":
            oid, tag = next((oid, tag) for oid, (prefix, tag) in _OTHER_NAMES.items() if prefix == kind)
            return x509.OtherName(x509.ObjectIdentifier(oid), asn1.encode(tag, value.encode()))
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
