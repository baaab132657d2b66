"""Describe the key usages in a CSR or certificate, and its parts that are not copied into a new CSR."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import excerpt, visible
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.certificates.csr import OLD_HASHES, extended_key_usages, extension_value
from csrtui.core.certificates.purposes import (
    ANY_PURPOSE,
    CLIENT_AUTHENTICATION,
    CODE_SIGNING,
    EMAIL_PROTECTION,
    EXTENDED_KEY_USAGES,
    SERVER_AUTHENTICATION,
    extensions_for,
    has_must_staple,
)
from csrtui.core.keys.key_types import type_of
from csrtui.core.subject.fields import TYPES_BY_OID, Attribute

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.certificates.csr import Decoded


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
_FIELDS = {
    "2.5.4.3": "common_name",
    "2.5.4.10": "organization",
    "2.5.4.11": "organizational_unit",
    "2.5.4.6": "country",
    "2.5.4.8": "state",
    "2.5.4.7": "locality",
}
"""The attributes that have a field in the form (RFC 5280 A.1)."""
_LABELS = {
    "2.5.4.4": "surname",
    "2.5.4.5": "serial number",
    "2.5.4.9": "street address",
    "2.5.4.12": "title",
    "2.5.4.15": "business category",
    "2.5.4.17": "postal code",
    "2.5.4.42": "given name",
    "2.5.4.97": "organization identifier",
    "0.9.2342.19200300.100.1.1": "user id",
    "0.9.2342.19200300.100.1.25": "domain component",
    "1.2.840.113549.1.9.1": "e-mail address",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdiction locality",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdiction state",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdiction country",
}
_CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"  # noqa: S105 - an object identifier (RFC 2985 5.4.1)
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
_OTHERWISE_DESCRIBED = frozenset({"2.5.29.17", "2.5.29.37", "1.3.6.1.5.5.7.1.24"})
"""The extensions that are described elsewhere: SAN, extended key usage and TLS feature."""
_MAX_QUOTED = 3
"""Maximum number of values that a sentence quotes. Any others are only counted."""
_MAX_ATTRIBUTES = 6
"""Maximum number of attributes of a subject that get a sentence. Any others are only counted."""


def describe_usages(extensions: "x509.Extensions") -> Iterator[str]:
    """Yield a line for each of must-staple, key usages and extended key usages that the extensions contain."""
    from cryptography import x509

    if has_must_staple(extensions):
        yield "must-staple (TLS feature status_request)"
    key_usage = extension_value(extensions, x509.KeyUsage)  # RFC 5280, 4.2.1.3
    if usages := [text for attribute, text in _KEY_USAGES if getattr(key_usage, attribute, False)]:
        yield f"key usage: {', '.join(usages)}"
    if purposes := _purposes(extensions):
        yield f"extended key usage: {', '.join(purposes)}"


def _purposes(extensions: "x509.Extensions", *, without: Sequence[str] = ()) -> list[str]:
    """Return the extended key usages (RFC 5280, 4.2.1.12): their names if known, otherwise their OIDs.

    Args:
        extensions: The extensions of a CSR or certificate.
        without: The OIDs to leave out.
    """
    oids = [oid for oid in extended_key_usages(extensions) if oid not in without]
    more = [f"{len(oids) - _MAX_PURPOSES} more"] if len(oids) > _MAX_PURPOSES else []
    return [*(_PURPOSES.get(oid, oid) for oid in oids[:_MAX_PURPOSES]), *more]


def split_subject(subject: "x509.Name", ca: CaKind) -> tuple[dict[str, str], list[Attribute], list[str]]:
    """Return the fields and additional attributes that a new CSR can use, and sentences about the other attributes.

    If an attribute occurs twice, use the first one, like `csrtui.core.subject.distinguished_name.decode`.

    Args:
        subject: The decoded subject.
        ca: The kind of CA for the new CSR. Public CAs do not accept an organizational unit (BR 7.1.4.2.2).
    """
    fields: dict[str, str] = {}
    attributes: list[Attribute] = []
    sentences: list[str] = []
    for attribute in subject:
        oid = attribute.oid.dotted_string
        value = attribute.value if isinstance(attribute.value, str) else attribute.value.hex()
        field = _FIELDS.get(oid)
        label = field.replace("_", " ") if field else _LABELS.get(oid, f"attribute {oid}")
        known = TYPES_BY_OID.get(oid)
        if known and ca is CaKind.PRIVATE and (field is None or field in fields):
            attributes.append(Attribute(known, value))
        elif field is None:
            sentences.append(f"the {label} {excerpt(value)} in the subject: there is no field for it")
        elif field in fields:
            sentences.append(f"a second {label}, {excerpt(value)}: a request has only one")
        elif field == "organizational_unit" and ca is CaKind.PUBLIC:
            sentences.append(f"the {label} {excerpt(value)}: public CAs no longer certify it")
        else:
            fields[field] = value
    rest = len(sentences) - _MAX_ATTRIBUTES
    if rest > 0:
        sentences[_MAX_ATTRIBUTES:] = [f"{rest} more attributes of the subject"]
    return fields, attributes, sentences


def describe_other_items(count: int) -> Iterator[str]:
    """Yield a sentence about the CSRs or certificates after the first, if there are any."""
    if count > 1:
        yield f"the others of the {count} requests and certificates: only one is used"


def describe_unused_names(
    invalid: Sequence[str], foreign: Sequence[str], repeated: Sequence[str]
) -> Iterator[str]:
    """Yield one sentence each about invalid names, names of other kinds, and repeated names, if there are any."""
    if invalid:
        yield f"{_listed(invalid)}: not a host name"
    if foreign:
        yield f"{_listed(foreign)}: only host names and addresses are covered"
    if repeated:
        yield f"{_listed(repeated)}: listed more than once, used once"


def describe_unissued_parts(decoded: "Decoded", ca: CaKind) -> Iterator[str]:
    """Yield a sentence about each part that is not copied because no CA of this kind issues it."""
    if ca is CaKind.PUBLIC and CLIENT_AUTHENTICATION in extended_key_usages(decoded.extensions):
        yield (
            "the extended key usage TLS client: public CAs issue certificates for servers only, so a new CSR does "
            "not request it"
        )


def describe_other_parts(
    decoded: "Decoded", purpose: Purpose, ca: CaKind, *, keeps_must_staple: bool = False
) -> Iterator[str]:
    """Yield sentences about the extensions and attributes that are not copied, and about a weak signature.

    Args:
        decoded: The CSR or certificate.
        purpose: The purpose of the new CSR.
        ca: The kind of CA for the new CSR.
        keeps_must_staple: Whether the new CSR requests must-staple too.
    """
    from cryptography import x509

    if has_must_staple(decoded.extensions) and not keeps_must_staple:
        yield "must-staple (TLS feature status_request): a new CSR does not request it"
    unissued = (CLIENT_AUTHENTICATION,) if ca is CaKind.PUBLIC else ()
    known = (SERVER_AUTHENTICATION, *EXTENDED_KEY_USAGES[purpose], *unissued)
    if purposes := _purposes(decoded.extensions, without=known):
        yield f"the extended key usages {visible(', '.join(purposes))}: a new CSR does not request them"
    if isinstance(decoded, x509.CertificateSigningRequest):
        yield from _describe_attributes(decoded)
        oids = [
            extension.oid
            for extension in decoded.extensions
            if extension.value != _key_usage(decoded, purpose)
            and extension.oid.dotted_string not in _OTHERWISE_DESCRIBED
        ]
        if names := [_oid_name(oid) for oid in oids]:
            yield f"the requested extensions ({', '.join(names[:_MAX_QUOTED])}{_more(names)}): the CA sets them"
    yield from _describe_signature(decoded)


def _key_usage(csr: "x509.CertificateSigningRequest", purpose: Purpose) -> "x509.KeyUsage | None":
    """Return the key usage that a new CSR for the same key requests, or None if csrtui makes no CSR for such keys."""
    from cryptography import x509

    key_type = type_of(csr.public_key())
    if key_type is None:
        return None
    return extensions_for(purpose, key_type).get_extension_for_class(x509.KeyUsage).value


def _describe_attributes(csr: "x509.CertificateSigningRequest") -> Iterator[str]:
    try:
        oids = [attribute.oid.dotted_string for attribute in csr.attributes]
    except ValueError:  # an attribute has several values; X.501 allows this, cryptography does not
        yield "its attributes, which cannot be read"
        return
    if _CHALLENGE_PASSWORD in oids:
        yield "the challenge password: CAs ignore it, and everyone could read it"
    if rest := [oid for oid in oids if oid not in {_CHALLENGE_PASSWORD, _EXTENSION_REQUEST}]:
        yield f"the attributes {', '.join(rest[:_MAX_QUOTED])}{_more(rest)}: there is no field for them"


def _describe_signature(decoded: "Decoded") -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = decoded.signature_hash_algorithm
    except UnsupportedAlgorithm:
        yield "its signature, with an unknown algorithm: only names and fields are used"
        return
    if algorithm is not None and algorithm.name in OLD_HASHES:
        yield f"its signature, made with {algorithm.name.upper()}: only names and fields are used"


def _oid_name(oid: "x509.ObjectIdentifier") -> str:
    name = oid._name  # noqa: SLF001 - cryptography has no public table of names
    return name if name != "Unknown OID" else oid.dotted_string


def _listed(values: Sequence[str]) -> str:
    return ", ".join(excerpt(value) for value in values[:_MAX_QUOTED]) + _more(values)


def _more(values: Sequence[str]) -> str:
    return f" and {len(values) - _MAX_QUOTED} more" if len(values) > _MAX_QUOTED else ""
