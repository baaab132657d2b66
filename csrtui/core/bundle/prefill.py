"""Read the names and subject of a CSR or certificate to prefill the form for a new request.

cryptography is imported only when something has to be decoded.
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.bundle import KeyMaterial
from csrtui.core.certificates import certificate, csr, omissions
from csrtui.core.certificates.purposes import has_must_staple, purpose_of
from csrtui.core.names.name import NameKind, read_common_name, read_name
from csrtui.core.names.text import split_names
from csrtui.core.subject.fields import Attribute, SubjectInput

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Decoded


@dataclass(frozen=True, slots=True)
class Prefill:
    """The values that a new request copies from a CSR or certificate.

    Attributes:
        names: The names in their original spelling, without duplicates and with the common name first. It can be empty.
        subject: The other subject fields. Missing fields are empty.
        omissions: A sentence for each value that is not copied, safe to display.
        unissued: Such sentences on values that no CA of this kind issues.
        purpose: The purpose. For a public CA it is always the server.
        no_common_name: Whether there are names, but no common name.
        attributes: The additional subject attributes. For a public CA there are none.
        must_staple: Whether the new CSR requests must-staple.
    """

    names: tuple[str, ...]
    subject: SubjectInput
    omissions: tuple[str, ...]
    unissued: tuple[str, ...] = ()
    purpose: Purpose = Purpose.SERVER
    no_common_name: bool = False
    attributes: tuple[Attribute, ...] = ()
    must_staple: bool = False


def read_prefill(data: bytes, ca: CaKind = CaKind.PUBLIC, *, keep_must_staple: bool = False) -> Prefill:
    """Return the values for a new request from the first CSR in a file or, without a CSR, the first certificate.

    The certificate of a CA is used only if there is no other certificate.

    Args:
        data: PEM in any text, or DER.
        ca: The kind of CA for the new request.
        keep_must_staple: Whether to request must-staple if the CSR or certificate has it.

    Raises:
        InputError: The file contains a private key, or nothing readable. The message says which.
    """
    material = bundle.read(data, open_keys=False)
    bundle.refuse_private_key(material)
    with warnings.catch_warnings():
        # cryptography prints warnings about some values, such as long fields. The advice reports them too.
        warnings.simplefilter("ignore")
        source = _source(material)
        fields, attributes, unused_attributes = omissions.split_subject(source.subject, ca)
        sans, other_names = _alternative_names(source, ca)
        usages = csr.extended_key_usages(source.extensions)
        purpose = purpose_of(usages) if ca is CaKind.PRIVATE else Purpose.SERVER
        common_name = fields.pop("common_name", "")
        names, invalid_names, repeated_names = _combine_names(common_name, sans, purpose)
        return Prefill(
            names=tuple(names),
            subject=SubjectInput(**fields),
            omissions=(
                *omissions.describe_other_items(len(material.requests) + len(material.certificates)),
                *unused_attributes,
                *omissions.describe_unused_names(invalid_names, other_names, repeated_names),
                *omissions.describe_other_parts(source, purpose, ca, keeps_must_staple=keep_must_staple),
                *(f"{problem.text}: skipped" for problem in material.problems),
            ),
            unissued=tuple(omissions.describe_unissued_parts(source, ca)),
            purpose=purpose,
            attributes=tuple(attributes),
            no_common_name=bool(names) and not common_name,
            must_staple=keep_must_staple and has_must_staple(source.extensions),
        )


def _source(material: KeyMaterial) -> "Decoded":
    """Return the first CSR or, without a CSR, the first certificate, preferably one that is not a CA's."""
    from cryptography import x509

    if material.requests:
        return x509.load_der_x509_csr(material.requests[0].der)
    if material.certificates:
        return certificate.load(min(material.certificates, key=lambda candidate: candidate.is_ca))
    if material.problems:
        raise material.problems[0].error
    raise InputError("it contains no CSR or certificate", "give a CSR or a certificate, in PEM or DER")


def _alternative_names(source: "Decoded", ca: CaKind) -> tuple[list[str], list[str]]:
    """Return the names in the SAN extension that a new CSR for this kind of CA can contain, then the others."""
    from ipaddress import IPv4Address, IPv6Address

    from cryptography import x509

    names: list[str] = []
    other_names: list[str] = []
    try:
        entries = source.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names, other_names
    for entry in entries:
        match entry:
            case x509.DNSName():
                is_host = read_name(entry.value).is_host
                names.append(entry.value if is_host else f"{NameKind.DNS}:{entry.value}")
            case x509.IPAddress(value=IPv4Address() | IPv6Address()):
                names.append(str(entry.value))
            case _:
                name = csr.prefixed_name(entry)
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
