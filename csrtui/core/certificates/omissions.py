"""Describe key usages, and the parts of a CSR or certificate that a new request cannot take over."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import quoted, visible
from csrtui.core.base.finding import CaKind

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


if TYPE_CHECKING:
    from typing import TypeAlias

    from cryptography import x509

    Decoded: TypeAlias = x509.CertificateSigningRequest | x509.Certificate

_FIELDS = {
    "2.5.4.3": "common_name",
    "2.5.4.10": "organization",
    "2.5.4.11": "organizational_unit",
    "2.5.4.6": "country",
    "2.5.4.8": "state",
    "2.5.4.7": "locality",
}
"""The attributes that have a field on the form (RFC 5280 A.1)."""

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
_SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
_SAID_ALREADY = frozenset({_SUBJECT_ALTERNATIVE_NAME, "2.5.29.37", "1.3.6.1.5.5.7.1.24"})
"""Extensions that have a sentence of their own."""
_WEAK = frozenset({"md5", "sha1"})
_SAID = 3
"""How many values a sentence quotes before it only counts them."""


def split_subject(subject: "x509.Name", ca: CaKind) -> tuple[dict[str, str], list[str]]:
    """Return the fields that can be taken, by their names, and sentences on the other attributes.

    Of an attribute that is there twice the first is taken (`csrtui.core.subject.distinguished_name.decode`).

    Args:
        subject: As it was decoded.
        ca: The kind of CA that the new request goes to; no unit goes to a public one (BR 7.1.4.2.2).
    """
    taken: dict[str, str] = {}
    sentences: list[str] = []
    for attribute in subject:
        oid = attribute.oid.dotted_string
        value = attribute.value if isinstance(attribute.value, str) else attribute.value.hex()
        field = _FIELDS.get(oid)
        label = field.replace("_", " ") if field else _LABELS.get(oid, f"attribute {oid}")
        if field is None:
            sentences.append(f"the {label} {quoted(value)} in the subject: there is no field for it")
        elif field in taken:
            sentences.append(f"a second {label}, {quoted(value)}: a request has one")
        elif field == "organizational_unit" and ca is CaKind.PUBLIC:
            sentences.append(f"the {label} {quoted(value)}: public CAs may not certify one any more")
        else:
            taken[field] = value
    return taken, _at_most(sentences, "attributes of the subject")


def added_common_name(name: str) -> str:
    """Return the sentence on a subject that gets a common name which it did not have."""
    return f"the common name {quoted(name)} is added: the subject had none"


def others(count: int) -> Iterator[str]:
    """Say that there was more than one to take from."""
    if count > 1:
        yield f"the others of the {count} requests and certificates there: one was taken"


def unusable_names(names: Sequence[str]) -> Iterator[str]:
    """Say which names no request can cover."""
    if names:
        yield f"{_listed(names)}: not a host name"


def foreign_names(names: Sequence[str]) -> Iterator[str]:
    """Say which names are neither host names nor addresses."""
    if names:
        yield f"{_listed(names)}: only host names and addresses are covered"


def repeated_names(names: Sequence[str]) -> Iterator[str]:
    """Say which names were there more than once."""
    if names:
        yield f"{_listed(names)}: in the list more than once, taken once"


def beyond_the_subject(decoded: "Decoded") -> Iterator[str]:
    """Say what else was asked for, or is too weak: attributes, extensions and the signature."""
    from cryptography import x509

    if must_staple(decoded.extensions):
        yield "must-staple (TLS feature status_request): a new CSR does not ask for it"
    extended = purposes(decoded.extensions, without_server=True)
    if extended:
        yield f"the extended key usages {visible(', '.join(extended))}: a new CSR does not ask for them"
    if isinstance(decoded, x509.CertificateSigningRequest):
        yield from _attributes(decoded)
        asked = [
            extension.oid
            for extension in decoded.extensions
            if extension.oid.dotted_string not in _SAID_ALREADY
        ]
        if asked:
            names = ", ".join(_oid_name(oid) for oid in asked[:_SAID])
            yield f"the extensions asked for ({names}{_more(len(asked))}): the CA sets them"
    yield from _signature(decoded)


def _attributes(csr: "x509.CertificateSigningRequest") -> Iterator[str]:
    try:
        found = [attribute.oid.dotted_string for attribute in csr.attributes]
    except ValueError:  # more than one value in one attribute, which X.501 allows and cryptography does not
        yield "its attributes, which cannot be read"
        return
    if _CHALLENGE_PASSWORD in found:
        yield "the challenge password: CAs ignore it, and it would be readable by everyone"
    rest = [oid for oid in found if oid not in {_CHALLENGE_PASSWORD, _EXTENSION_REQUEST}]
    if rest:
        yield f"the attributes {', '.join(rest[:_SAID])}{_more(len(rest))}: there is no field for them"


def _signature(decoded: "Decoded") -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = decoded.signature_hash_algorithm
    except UnsupportedAlgorithm:
        yield "its signature, of an unknown kind: only names and fields are taken"
        return
    if algorithm is not None and algorithm.name in _WEAK:
        yield f"its signature, made with {algorithm.name.upper()}: only names and fields are taken"


def _oid_name(oid: "x509.ObjectIdentifier") -> str:
    name = oid._name  # noqa: SLF001 - cryptography has no public table of names
    return name if name != "Unknown OID" else oid.dotted_string


def _listed(values: Sequence[str]) -> str:
    return ", ".join(quoted(value) for value in values[:_SAID]) + _more(len(values))


def _at_most(sentences: list[str], what: str) -> list[str]:
    most = 2 * _SAID
    rest = len(sentences) - most
    return sentences if rest <= 0 else [*sentences[:most], f"{rest} more {what}"]


def _more(count: int) -> str:
    return f" and {count - _SAID} more" if count > _SAID else ""
