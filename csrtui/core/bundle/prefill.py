"""Reading a CSR or certificate that is there already, to start another request from it.

Only names and subject fields are taken. What is not taken is said, sentence by sentence. A private key is
refused before anything is decoded. cryptography is imported when something is decoded.
"""

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind
from csrtui.core.bundle import KeyMaterial
from csrtui.core.certificates import certificate, csr
from csrtui.core.certificates import omissions as left_out
from csrtui.core.names.name import read_name, split_names
from csrtui.core.subject.fields import TypedSubject

if TYPE_CHECKING:
    from typing import TypeAlias

    from cryptography import x509

    Decoded: TypeAlias = x509.CertificateSigningRequest | x509.Certificate


@dataclass(frozen=True, slots=True)
class Existing:
    """What a CSR or certificate gives to a new request.

    Attributes:
        names: As they stand in it, each once, the common name first; may be empty.
        subject: The other subject fields; empty where it has none.
        left_out: A sentence for whatever was not taken; text from outside in it is visible.
    """

    names: tuple[str, ...]
    subject: TypedSubject
    left_out: tuple[str, ...]


def read_existing(data: bytes, ca: CaKind = CaKind.PUBLIC) -> Existing:
    """Return what a CSR or certificate gives to a new request.

    Of several in one text the first CSR counts, else the first certificate that is no CA's.

    Args:
        data: PEM with anything around it, or DER.
        ca: The kind of CA that the new request goes to.

    Raises:
        InputError: There is a private key in it, or nothing that can be read; the error says which.
    """
    material = bundle.read(data, open_keys=False)
    bundle.refuse_private_key(material)
    with warnings.catch_warnings():
        # cryptography warns on stderr of what the advice will say in its own place, such as long fields.
        warnings.simplefilter("ignore")
        found = _read(_chosen(material), len(material.requests) + len(material.certificates), ca)
    unread = tuple(f"{problem.text}: passed over" for problem in material.problems)
    return replace(found, left_out=(*found.left_out, *unread))


def _chosen(material: KeyMaterial) -> "Decoded":
    """The first CSR, else the first certificate that is no CA's."""
    from cryptography import x509

    if material.requests:
        return x509.load_der_x509_csr(material.requests[0].der)
    leaves = [one for one in material.certificates if not one.is_ca] or material.certificates
    if leaves:
        return certificate.load(leaves[0])
    if material.problems:
        raise material.problems[0].error
    raise InputError("there is no CSR and no certificate in it", "give a CSR or a certificate, in PEM or DER")


def _read(decoded: "Decoded", count: int, ca: CaKind) -> Existing:
    taken, rest = left_out.split_subject(decoded.subject, ca)
    names, foreign = _alternative_names(decoded)
    covered, unusable, repeated = _joined(taken.pop("common_name", ""), names)
    return Existing(
        names=tuple(covered),
        subject=TypedSubject(**taken),
        left_out=(
            *left_out.others(count),
            *rest,
            *left_out.unusable_names(unusable),
            *left_out.foreign_names(foreign),
            *left_out.repeated_names(repeated),
            *left_out.beyond_the_subject(decoded),
        ),
    )


def _alternative_names(decoded: "Decoded") -> tuple[list[str], list[str]]:
    """The DNS names and addresses of the SAN extension, and its names of other kinds with their kind."""
    from ipaddress import IPv4Address, IPv6Address

    from cryptography import x509

    names: list[str] = []
    foreign: list[str] = []
    try:
        entries = decoded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names, foreign
    for entry in entries:
        match entry:
            case x509.DNSName():
                names.append(entry.value)
            case x509.IPAddress(value=IPv4Address() | IPv6Address()):
                names.append(str(entry.value))
            case _:
                foreign.append(csr.other_name(entry))
    return names, foreign


def _joined(common_name: str, names: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The names to cover, the common name first; those that are none; those that are there already."""
    covered: dict[str, str] = {}
    unusable: list[str] = []
    repeated: list[str] = []
    for name in names:
        key = read_name(name).text or name
        if split_names(name) != [name]:  # it would fall apart in the field of the names
            unusable.append(name)
        elif key in covered:
            repeated.append(name)
        else:
            covered[key] = name
    if not common_name:
        return list(covered.values()), unusable, repeated
    written = read_name(common_name).text
    if written is None and covered:
        return list(covered.values()), [common_name, *unusable], repeated
    covered.pop(written or common_name, None)
    return [common_name, *covered.values()], unusable, repeated
