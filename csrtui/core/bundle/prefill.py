"""Read the names and subject of a CSR or certificate to prefill the form for a new request.

cryptography is imported only when something has to be decoded.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import excerpt, excerpts, visible
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.bundle import KeyMaterial
from csrtui.core.certificates import certificate
from csrtui.core.certificates.csr import OLD_HASHES
from csrtui.core.certificates.extensions import (
    CLIENT_AUTHENTICATION,
    EXTENDED_KEY_USAGES,
    SERVER_AUTHENTICATION,
    extended_key_usages,
    extension_value,
    extensions_for,
    has_must_staple,
    oid_name,
    prefixed_name,
    purpose_names,
    purpose_of,
)
from csrtui.core.keys.key_types import type_of
from csrtui.core.names.name import NameKind, read_common_name, read_name
from csrtui.core.names.pasted_text import split_names
from csrtui.core.subject.distinguished_name import FIELDS_BY_OID, fields_of
from csrtui.core.subject.fields import TYPES_BY_OID, Attribute, SubjectInput

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.certificates.csr import Decoded


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
_DESCRIBED_SEPARATELY = frozenset({"2.5.29.17", "2.5.29.37", "1.3.6.1.5.5.7.1.24"})
"""The extensions that have their own sentences: SAN, extended key usage and TLS feature."""
_MAX_QUOTED = 3
"""Maximum number of values that a sentence quotes. Any others are only counted."""
_MAX_ATTRIBUTES = 6
"""Maximum number of subject attributes with a sentence each. Any others are only counted."""


@dataclass(frozen=True, slots=True)
class Prefill:
    """The values that a new request copies from a CSR or certificate.

    Attributes:
        names: The names in their original spelling, without duplicates and with the common name first. Can be empty.
        subject: The other subject fields. Missing fields are empty.
        omissions: A sentence for each value that is not copied, safe to display.
        unissued: A sentence for each value that is not copied because no CA of this kind issues it, safe to display.
        purpose: The purpose, always `Purpose.SERVER` for a public CA.
        no_common_name: Whether the source has names, but no common name.
        attributes: The additional subject attributes. For a public CA there are none.
        must_staple: Whether the new CSR requests must-staple.
        invalid_names: The names that are not copied because the fields cannot contain them.
    """

    names: tuple[str, ...]
    subject: SubjectInput
    omissions: tuple[str, ...]
    unissued: tuple[str, ...] = ()
    purpose: Purpose = Purpose.SERVER
    no_common_name: bool = False
    attributes: tuple[Attribute, ...] = ()
    must_staple: bool = False
    invalid_names: tuple[str, ...] = ()


def read_prefill(data: bytes, ca: CaKind = CaKind.PUBLIC, *, keep_must_staple: bool = False) -> Prefill:
    """Return the values that a new request copies from a file: from its first CSR, or else from its first certificate.

    Use a CA certificate only if the file has no other certificate. The file is PEM in any text, or DER. With
    `keep_must_staple`, must-staple is copied too.

    Raises:
        InputError: The file contains a private key, or no readable CSR or certificate.
    """
    material = bundle.read(data, open_keys=False)
    bundle.refuse_private_key(material)
    with warnings.catch_warnings():
        # cryptography prints warnings about some values, such as long fields. The advice reports them too.
        warnings.simplefilter("ignore")
        source = _source(material)
        fields, attributes, unused_attributes = _split_subject(source.subject, ca)
        sans, other_names = _alternative_names(source, ca)
        usages = extended_key_usages(source.extensions)
        purpose = purpose_of(usages) if ca is CaKind.PRIVATE else Purpose.SERVER
        common_name = fields.pop("common_name", "")
        names, invalid_names, repeated_names = _combine_names(common_name, sans, purpose)
        return Prefill(
            names=tuple(names),
            subject=SubjectInput(**fields),
            omissions=(
                *_describe_other_items(len(material.requests) + len(material.certificates)),
                *unused_attributes,
                *_describe_unused_names(invalid_names, other_names, repeated_names, ca),
                *_describe_other_parts(source, purpose, ca, keeps_must_staple=keep_must_staple),
                *(f"{problem.text}: skipped" for problem in material.problems),
            ),
            unissued=tuple(_describe_unissued_parts(source, ca)),
            purpose=purpose,
            attributes=tuple(attributes),
            no_common_name=bool(names) and not common_name,
            invalid_names=tuple(invalid_names),
            must_staple=keep_must_staple and has_must_staple(source.extensions),
        )


def _source(material: KeyMaterial) -> "Decoded":
    """Return the first CSR, or else the first certificate, preferably not a CA certificate."""
    from cryptography import x509

    if material.requests:
        return x509.load_der_x509_csr(material.requests[0].der)
    if material.certificates:
        return certificate.load(min(material.certificates, key=lambda candidate: candidate.is_ca))
    if material.problems:
        raise material.problems[0].error
    raise InputError("it contains no CSR or certificate", "give a CSR or a certificate, in PEM or DER")


def _alternative_names(source: "Decoded", ca: CaKind) -> tuple[list[str], list[str]]:
    """Return two lists of SANs: those that a new CSR for this kind of CA can contain, and the others."""
    from ipaddress import IPv4Address, IPv6Address

    from cryptography import x509

    names: list[str] = []
    other_names: list[str] = []
    for entry in extension_value(source.extensions, x509.SubjectAlternativeName) or ():
        match entry:
            case x509.DNSName():
                is_host = read_name(entry.value).is_host
                names.append(entry.value if is_host else f"{NameKind.DNS}:{entry.value}")
            case x509.IPAddress(value=IPv4Address() | IPv6Address()):
                names.append(str(entry.value))
            case _:
                name = prefixed_name(entry)
                can_copy = ca is CaKind.PRIVATE and read_name(name).text is not None
                (names if can_copy else other_names).append(name)
    return names, other_names


def _combine_names(
    common_name: str, sans: list[str], purpose: Purpose
) -> tuple[list[str], list[str], list[str]]:
    """Return the names to cover (common name first), the invalid names, and the repeated names."""
    names: dict[str, str] = {}
    invalid: list[str] = []
    repeated: list[str] = []
    for name in sans:
        key = read_name(name).text or name
        if split_names(name) != [name]:  # the names field would split it into several names
            invalid.append(name)
        elif key in names:
            repeated.append(name)
        else:
            names[key] = name
    if not common_name:
        return list(names.values()), invalid, repeated
    first = read_common_name(common_name, purpose)
    if first.kind is NameKind.NONE:
        return [common_name, *names.values()], invalid, repeated
    canonical = first.text
    if canonical is None and names:
        return list(names.values()), [common_name, *invalid], repeated
    names.pop(canonical or common_name, None)
    return [common_name, *names.values()], invalid, repeated


def attribute_label(attribute: Attribute) -> str:
    """Return the name of the type of an attribute, such as ``e-mail address``."""
    return _LABELS.get(attribute.details.oid, attribute.type)


def _split_subject(subject: "x509.Name", ca: CaKind) -> tuple[dict[str, str], list[Attribute], list[str]]:
    """Return the fields and additional attributes for a new CSR, and sentences about the other attributes.

    If a field occurs twice, its first value is used, as in `csrtui.core.subject.distinguished_name.decode`. Public CAs
    do not accept an organizational unit (BR 7.1.4.2.2).
    """
    fields: dict[str, str] = {}
    attributes: list[Attribute] = []
    sentences: list[str] = []
    known_fields = fields_of(subject) if ca is CaKind.PRIVATE else FIELDS_BY_OID
    for attribute in subject:
        oid = attribute.oid.dotted_string
        value = attribute.value if isinstance(attribute.value, str) else attribute.value.hex()
        field = known_fields.get(oid)
        label = field.replace("_", " ") if field else _LABELS.get(oid, f"attribute {oid}")
        attribute_type = TYPES_BY_OID.get(oid)
        if attribute_type and ca is CaKind.PRIVATE and (field is None or field in fields):
            attributes.append(Attribute(attribute_type, value))
        elif field is None:
            sentences.append(f"the {label} {excerpt(value)} in the subject: there is no field for it")
        elif field in fields:
            sentences.append(f"a second {label}, {excerpt(value)}: a request has only one")
        elif field == "organizational_unit" and ca is CaKind.PUBLIC:
            sentences.append(f"the {label} {excerpt(value)}: public CAs no longer certify it")
        else:
            fields[field] = value
    surplus = len(sentences) - _MAX_ATTRIBUTES
    if surplus > 0:
        sentences[_MAX_ATTRIBUTES:] = [f"{surplus} more attributes of the subject"]
    return fields, attributes, sentences


def _describe_other_items(count: int) -> Iterator[str]:
    if count > 1:
        yield f"all but one of the {count} requests and certificates: only one can be used"


def _describe_unused_names(
    invalid: Sequence[str], unsupported: Sequence[str], repeated: Sequence[str], ca: CaKind
) -> Iterator[str]:
    """Yield one sentence for each list of names that is not empty."""
    if invalid:
        yield f"{excerpts(invalid)}: not a host name"
    if unsupported:
        is_public = ca is CaKind.PUBLIC
        reason = (
            "only host names and addresses are covered" if is_public else "csrtui does not request such names"
        )
        yield f"{excerpts(unsupported)}: {reason}"
    if repeated:
        yield f"{excerpts(repeated)}: listed more than once, used once"


def _describe_unissued_parts(decoded: "Decoded", ca: CaKind) -> Iterator[str]:
    """Yield a sentence about each part that is not copied because no CA of this kind issues it."""
    if ca is CaKind.PUBLIC and CLIENT_AUTHENTICATION in extended_key_usages(decoded.extensions):
        yield (
            "the extended key usage TLS client: public CAs issue certificates for servers only, so a new CSR does "
            "not request it"
        )


def _describe_other_parts(
    decoded: "Decoded", purpose: Purpose, ca: CaKind, *, keeps_must_staple: bool = False
) -> Iterator[str]:
    """Yield sentences about the extensions and attributes that are not copied, and about a weak signature.

    `purpose` and `ca` are those of the new CSR.
    """
    from cryptography import x509

    if has_must_staple(decoded.extensions) and not keeps_must_staple:
        yield "must-staple (TLS feature status_request): a new CSR does not request it"
    unissued = (CLIENT_AUTHENTICATION,) if ca is CaKind.PUBLIC else ()
    others = (SERVER_AUTHENTICATION, *EXTENDED_KEY_USAGES[purpose], *unissued)
    if purposes := purpose_names(decoded.extensions, without=others):
        yield f"the extended key usages {visible(', '.join(purposes))}: a new CSR does not request them"
    if isinstance(decoded, x509.CertificateSigningRequest):
        yield from _describe_attributes(decoded)
        oids = [
            extension.oid
            for extension in decoded.extensions
            if extension.value != _key_usage(decoded, purpose)
            and extension.oid.dotted_string not in _DESCRIBED_SEPARATELY
        ]
        if names := [oid_name(oid) for oid in oids]:
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
        yield "the challenge password: CAs ignore it, and anyone could read it"
    if others := [oid for oid in oids if oid not in {_CHALLENGE_PASSWORD, _EXTENSION_REQUEST}]:
        yield f"the attributes {', '.join(others[:_MAX_QUOTED])}{_more(others)}: there is no field for them"


def _describe_signature(decoded: "Decoded") -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = decoded.signature_hash_algorithm
    except UnsupportedAlgorithm:
        yield "its signature, with an unknown algorithm: only names and fields are used"
        return
    if algorithm is not None and algorithm.name in OLD_HASHES:
        yield f"its signature, made with {algorithm.name.upper()}: only names and fields are used"


def _more(values: Sequence[str]) -> str:
    return f" and {len(values) - _MAX_QUOTED} more" if len(values) > _MAX_QUOTED else ""
