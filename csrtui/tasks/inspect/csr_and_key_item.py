"""Describe a CSR or key in a file: its facts, the findings on it, and its members in JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.advice.key_rules import check_csr
from csrtui.core.base import asn1
from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import name_text, visible
from csrtui.core.base.finding import CaKind, Finding, Level
from csrtui.core.bundle import BundleKey, BundlePublicKey, prefill
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.extensions import describe_usages
from csrtui.core.keys import key_types
from csrtui.core.names.name import all_names
from csrtui.tasks.list import Pairs, read_pair_list
from csrtui.tasks.pair_text import fingerprint, labelled_lines
from csrtui.tasks.private_keys import all_key_findings, public_key_findings, usual_ca
from csrtui.tasks.request_spec import RequestSpec, advise_on

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Decoded
    from csrtui.core.keys.key_types import PublicKey
    from csrtui.core.pairs.summary import PairSummary
    from csrtui.tasks.session import Session

_RSA_PSS = "1.2.840.113549.1.1.10"
Fact = tuple[str, str]
"""A label and a text that is safe to display. A continuation line has an empty label."""


class ItemKind(StrEnum):
    """The kind of an item, as in JSON."""

    REQUEST = "request"
    CERTIFICATE = "certificate"
    KEY = "key"
    BACKUP = "backup"


class Remark(NamedTuple):
    """A finding on an item.

    Attributes:
        level: An error means that something in the item is wrong.
        text: A sentence, safe to display.
        advice: The finding of the advice that the remark repeats, or None.
    """

    code: str
    level: Level
    text: str
    advice: Finding | None = None

    @classmethod
    def of(cls, finding: Finding) -> "Remark":
        """Return the remark that repeats a piece of advice."""
        return cls(finding.code, finding.level, finding.text, finding)

    def as_json(self) -> dict[str, object]:
        """Return the remark in the form of a finding of ``check --json``."""
        if self.advice is not None:
            return self.advice.as_json()
        nothing = dict.fromkeys(("field", "value", "fix"))
        return {"code": self.code, "level": self.level.value, "text": self.text, **nothing}


@dataclass(frozen=True, slots=True)
class InspectedItem:
    """A CSR, certificate, key or backup in a file.

    Attributes:
        file: The name of the file as the user gave it, not escaped.
        title: The kind in words, such as ``CA certificate``.
        subject: The subject as RFC 4514 text, safe to display, or "".
        names: The names of a CSR (with the common name), or of the SAN extension of a certificate, not escaped.
        spki_sha256: The SPKI fingerprint, or None if the key is not visible or not supported.
        members: Additional JSON members.
        pair: The name of the pair with the same key, or None.
        comparison: Sentences that compare the item with that pair.
    """

    file: str
    kind: ItemKind
    title: str
    subject: str = ""
    names: tuple[str, ...] = ()
    spki_sha256: str | None = None
    facts: tuple[Fact, ...] = ()
    findings: tuple[Remark, ...] = ()
    members: Mapping[str, object] = field(default_factory=dict)
    pair: str | None = None
    comparison: tuple[str, ...] = ()
    certificate: Certificate | None = None
    request: Request | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.level is Level.ERROR for finding in self.findings)

    def as_json(self) -> dict[str, object]:
        """Return the item in the form that the command prints as JSON."""
        return {
            "file": self.file,
            "kind": self.kind.value,
            "title": self.title,
            "subject": self.subject or None,
            "names": list(self.names),
            "spki_sha256": self.spki_sha256,
            "pair": self.pair,
            "comparison": list(self.comparison),
            **self.members,
            "findings": [finding.as_json() for finding in self.findings],
        }


def sort_remarks(findings: Sequence[Remark]) -> tuple[Remark, ...]:
    """Return the findings without duplicates, worst first."""
    unique = {(finding.code, finding.level, finding.text): finding for finding in findings}
    return tuple(sorted(unique.values(), key=lambda finding: finding.level.rank))


def key_remarks(public_key: "PublicKey", ca: CaKind) -> list[Remark]:
    """Return the findings on a public key."""
    return [Remark.of(finding) for finding in public_key_findings(public_key, ca)]


def key_members(public_key: "PublicKey") -> dict[str, object]:
    """Return the JSON members for the type and size of a key."""
    return {"key": {"type": key_types.name_of(public_key), "bits": getattr(public_key, "key_size", None)}}


def original_spki(der: bytes, spki_sha256: str | None, *, at: int) -> str | None:
    """Return the SPKI fingerprint that openssl computes.

    It differs from `spki_sha256` only for RSA-PSS keys, which cryptography decodes as plain RSA keys (RFC 4055, 1.2).

    Args:
        at: The position of the SubjectPublicKeyInfo among the signed fields.
    """
    try:
        spki = asn1.read_node(der).child(0, asn1.SEQUENCE).child(at, asn1.SEQUENCE)
        is_pss = spki.child(0, asn1.SEQUENCE).child(0, asn1.OID).oid == _RSA_PSS
    except (ValueError, IndexError):  # only a faulty encoding
        return spki_sha256
    return sha256(spki.encoded).hexdigest() if is_pss else spki_sha256


def spki_fact(spki_sha256: str) -> Fact:
    """Return the line with an SPKI fingerprint."""
    return "SPKI", f"SHA-256 {fingerprint(spki_sha256)}"


def signature_name(decoded: "Decoded") -> str:
    """Return the usual name of a signature algorithm, or its object identifier."""
    oid = decoded.signature_algorithm_oid
    name: str = oid._name  # noqa: SLF001 - cryptography has no public table of names
    return name if name != "Unknown OID" else oid.dotted_string


class CaRules:
    """The kind of CA whose rules apply to an item: the one that the user chose, or else the one of the pair with its key."""

    def __init__(self, session: "Session", ca: CaKind | None) -> None:
        self._session, self._ca = session, ca

    @cached_property
    def _summaries(self) -> "Sequence[PairSummary]":
        try:
            return read_pair_list(self._session).summaries
        except StoreError:
            return ()

    def ca_for(self, spki_sha256: str | None) -> CaKind | None:
        """Return the kind of CA for a key, or None if it is not known."""
        if self._ca is not None or not spki_sha256:
            return self._ca
        names = [summary.name for summary in self._summaries if spki_sha256 in summary.search_text]
        return next((pair.record.ca for pair in Pairs(self._session, names)), None)


def describe_request(
    session: "Session",
    file: str,
    request: Request,
    ca: CaKind | None,
    fault: "tuple[bytes, str] | None" = None,
) -> InspectedItem:
    """Return the description of a CSR, with the same advice as for a new request.

    Args:
        fault: For a CSR that breaks encoding rules, the DER of a decodable copy and a sentence on the broken rules.
    """
    from cryptography import x509

    der = fault[0] if fault else request.der
    decoded, public_key = x509.load_der_x509_csr(der), csrs.public_key(der)
    is_signed = None if fault else csrs.has_valid_signature(der)
    remarks = _request_remarks(session, request, der, ca or usual_ca(public_key))
    if fault:
        remarks.insert(0, Remark("encoding", Level.ERROR, fault[1]))
    elif not is_signed:
        text = "The CSR is not signed by its own key: it was damaged or changed, and every CA will refuse it."
        remarks.insert(0, Remark("request-signature", Level.ERROR, text))
    names, spki = (
        all_names(request.subject.common_name, request.names),
        original_spki(request.der, request.spki_sha256, at=2) or "",
    )
    proof = {True: "by its own key", False: "NOT by its own key", None: "not checked"}[is_signed]
    return InspectedItem(
        file=file,
        kind=ItemKind.REQUEST,
        title="certificate request (CSR)",
        subject=request.subject_text,
        names=names,
        spki_sha256=spki,
        facts=(
            ("Subject", request.subject_text or "none"),
            *labelled_lines("Names", [name_text(name) for name in names] or ["none"]),
            ("Key", key_types.label_of(public_key)),
            ("Signed", f"{proof}, {signature_name(decoded)}"),
            *labelled_lines("Asks for", list(describe_usages(decoded.extensions))),
            ("SHA-256", fingerprint(request.sha256)),
            spki_fact(spki),
        ),
        findings=sort_remarks(remarks),
        members={
            **key_members(public_key),
            "signature_valid": is_signed,
            **signature_members(decoded, request.signature_hash),
            **fingerprint_members(request.der),
        },
        request=request,
    )


def signature_members(decoded: "Decoded", hash_name: str | None) -> dict[str, object]:
    """Return the JSON members for the algorithm of a signature."""
    return {"signature_algorithm": signature_name(decoded), "signature_hash": hash_name}


def fingerprint_members(der: bytes) -> dict[str, object]:
    """Return the JSON members for the fingerprints of the DER."""
    digests = {"sha256": sha256(der).hexdigest(), "sha1": sha1(der, usedforsecurity=False).hexdigest()}
    return {"fingerprints": digests}


def _request_remarks(session: "Session", request: Request, der: bytes, ca: CaKind) -> list[Remark]:
    values = prefill.read_prefill(der, ca)
    spec = RequestSpec.of_prefill(values, ca, request.key_type)
    spec = spec._replace(names=(*values.names, *filter(None, values.invalid_names)))
    advice = [finding for finding in advise_on(session, spec).findings if finding.field.value != "key"]
    return [
        *map(Remark.of, (*advice, *check_csr(request, ca))),
        *key_remarks(csrs.public_key(der), ca),
    ]


def describe_key(file: str, item: BundleKey, ca: CaKind | None) -> InspectedItem:
    """Return the description of a private key, which contains only its public half."""
    public_key = item.key.public_key()
    findings = all_key_findings(item.key, ca or usual_ca(public_key))
    protection = "with a passphrase" if item.is_encrypted else "no passphrase"
    form = "private key, OpenSSH" if item.is_openssh else "private key"
    return _key_item(
        file,
        form,
        public_key,
        [Remark.of(finding) for finding in findings],
        facts=[
            ("Key", f"{key_types.label_of(public_key)}, {protection}"),
            *labelled_lines("Inside", [visible(item.path)] if item.path else []),
        ],
        members={"private": True, "encrypted": item.is_encrypted},
    )


def describe_public_key(file: str, item: BundlePublicKey, ca: CaKind | None) -> InspectedItem:
    """Return the description of a public key, or of the public half of a private key that csrtui does not open."""
    protection = ", with a passphrase" if item.is_encrypted else ""
    facts: list[Fact] = [("Key", f"{visible(item.label)}{protection}")]
    if item.comment:
        facts.append(("Comment", visible(item.comment)))
    if item.ssh_sha256:
        facts.append(("SSH", item.ssh_sha256))
    remarks: list[Remark] = []
    if item.key is not None:
        remarks = key_remarks(item.key, CaKind.PRIVATE if item.ssh_sha256 else ca or usual_ca(item.key))
        if item.ssh_sha256:  # CA rules do not apply to SSH keys
            remarks = [remark for remark in remarks if remark.code == "key-weak"]
    elif item.label.startswith(("DSA", "RSA1")):
        text = f"{item.label} is too weak, and current OpenSSH does not support it: make a new key."
        remarks = [Remark("key-weak", Level.WARNING, visible(text))]
    if item.is_encrypted:
        text = "the private key has a passphrase: only its public half is shown"
        remarks.append(Remark("encrypted", Level.NOTE, text))
    members = {
        "private": item.is_private,
        "encrypted": item.is_encrypted,
        "ssh_sha256": item.ssh_sha256 or None,
    }
    return _key_item(file, item.form, item.key, remarks, facts=facts, members=members)


def _key_item(
    file: str,
    title: str,
    public_key: "PublicKey | None",
    remarks: Sequence[Remark],
    *,
    facts: Sequence[Fact],
    members: Mapping[str, object],
) -> InspectedItem:
    spki = key_types.spki_sha256(public_key) if public_key is not None else None
    return InspectedItem(
        file=file,
        kind=ItemKind.KEY,
        title=title,
        spki_sha256=spki,
        facts=(*facts, *([spki_fact(spki)] if spki else [])),
        findings=sort_remarks(remarks),
        members={**(key_members(public_key) if public_key is not None else {"key": None}), **members},
    )


def describe_locked(file: str, text: str) -> InspectedItem:
    """Return the description of an encrypted key or PKCS #12 file whose passphrase was not given."""
    return InspectedItem(
        file=file,
        kind=ItemKind.KEY,
        title="encrypted PKCS #12 file" if "PKCS #12" in text else "encrypted private key",
        facts=(("Key", "encrypted: nothing is visible without the passphrase"),),
        findings=(
            Remark(
                "encrypted", Level.NOTE, f"{text}: give it to see more (--passphrase-file or --passphrase-fd)"
            ),
        ),
        members={"private": True, "encrypted": True, "key": None},
    )
