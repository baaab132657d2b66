"""Candidates for adoption: private keys made elsewhere, with their CSRs and certificates and a description of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Finding
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import utc_text
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request
from csrtui.core.keys import key_types
from csrtui.core.names.name import read_name, without_prefix
from csrtui.core.pairs.pair_name import pair_name
from csrtui.store.key_search import ForeignFile

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


_ACCOUNT = re.compile(
    r"/accounts/.*/keys/[^/]+\.key$"  # lego
    r"|/acme/.*/users/[^/]+/[^/]+\.key$"  # Caddy
    r"|/account(?:[_-]?key)?\.(?:key|pem)$"  # acme.sh, dehydrated, and others
    r"|(?:^|\.)Account\.PrivateKey$"  # Traefik
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A private key that can become a pair.

    Attributes:
        key: The private key, decrypted.
        passphrase: The passphrase that it was encrypted with, or None.
        file: The file that contains the key.
        json_path: The position of the key if the file is a JSON document, or an empty text.
        spki_sha256: The SPKI fingerprint.
        csr: The newest CSR for the key, or None.
        csr_file: The path of the CSR, or None.
        certificate: The newest certificate for the key, or None.
        certificate_file: The path of the certificate, or None.
        pool: All certificates that were found. The chain is built from them.
        ca: The kind of CA.
        findings: The findings on key and CSR, worst first.
        remarks: Further sentences. Text from outside in them is escaped.
        in_use_since: The time of the earliest evidence that the key existed.
        existing_pair: The name of the pair in the store with this key, or None.
        is_compromised: Whether the key is marked as compromised in the store.
    """

    key: "PrivateKey" = field(repr=False)
    passphrase: Secret | None
    file: ForeignFile
    json_path: str
    spki_sha256: str
    csr: Request | None
    csr_file: str | None
    certificate: Certificate | None
    certificate_file: str | None
    pool: tuple[Certificate, ...]
    ca: CaKind
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    in_use_since: datetime
    existing_pair: str | None
    is_compromised: bool = False

    @property
    def key_label(self) -> str:
        """The usual name of the key type: ``RSA 2048``."""
        return key_types.label_of(self.key.public_key())

    @property
    def is_acme_account(self) -> bool:
        """Whether this is the key of an ACME account (RFC 8555, 7.3), judging by the paths that ACME programs use."""
        if self.csr is not None or self.certificate is not None:
            return False
        return _ACCOUNT.search(self.json_path or self.file.path) is not None

    @property
    def allows_csr(self) -> bool:
        """Whether a CSR can be made from the certificate."""
        return self.certificate is not None and self.has_csr_type

    @property
    def has_csr_type(self) -> bool:
        """Whether csrtui makes CSRs for keys of this type."""
        return key_types.type_of(self.key.public_key()) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the CSR, or else in the certificate, with the common name first."""
        source = self.csr or self.certificate
        return names_of(source) if source else ()

    @property
    def title(self) -> str:
        """The default name of the pair, derived from the names, or else from the file name of the key."""
        source = self.csr or self.certificate
        common_name = (source.subject.common_name or "") if source else ""
        for text in (*self.names, common_name, self.file.path.rpartition("/")[2]):
            try:
                return pair_name(without_prefix(text))
            except InputError:
                continue
        return "pair"


def names_of(source: Request | Certificate) -> tuple[str, ...]:
    """Return the names in a CSR or certificate without duplicates, with the common name first if it is a host name."""
    common_name = source.subject.common_name
    name = read_name(common_name or "")
    if common_name is None or name.text is None or not name.is_host:
        return source.names
    return tuple(dict.fromkeys((common_name, *source.names)))


def candidate_facts(candidate: Candidate) -> list[tuple[str, str]]:
    """Return a label and an escaped text for each file of a candidate."""
    protection = ", with a passphrase" if candidate.passphrase is not None else ""
    without_csr = "none: one can be made from the certificate" if candidate.allows_csr else "none"
    facts = [
        ("key", f"{visible(candidate.file.path)}  {candidate.key_label}{protection}"),
        ("CSR", visible(candidate.csr_file) if candidate.csr_file is not None else without_csr),
    ]
    if candidate.certificate is not None:
        expires = utc_text(candidate.certificate.validity.not_after)
        facts.append(("certificate", f"{visible(candidate.certificate_file or '')}  expires {expires}"))
    return facts


def candidate_lines(candidate: Candidate) -> Iterator[str]:
    """Yield the lines that describe a candidate: its title and names, its files and its findings."""
    names = [visible(name) for name in candidate.names]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as many as fit on a line
    yield f"{candidate.title}  {', '.join(names[:3])}{more}".rstrip()
    for label, text in candidate_facts(candidate):
        yield f"  {label:<11}  {text}"
    for finding in candidate.findings:
        yield f"  {finding.level.value}: {finding.text}"
