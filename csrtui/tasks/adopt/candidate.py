"""Candidates for adoption: private keys made elsewhere, with the CSR and certificate that belong to each, in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Finding
from csrtui.core.base.secret import Secret
from csrtui.core.base.times import utc_text
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request
from csrtui.core.keys import key_types
from csrtui.core.names.name import read_name
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
    """What can become a pair.

    Attributes:
        key: The private key, opened.
        passphrase: What it was under, or None.
        file: Where it lies.
        place: Where in a JSON document that file has it, or empty.
        is_openssh: Whether the file is in OpenSSH's format, which openssl does not read.
        spki_sha256: The SPKI fingerprint.
        asked: Its CSR, or None where none was found.
        asked_file: Where that lies, or None.
        certificate: The newest certificate for the key, or None.
        certificate_file: Where that lies, or None.
        pool: All certificates that were found, to make a chain of.
        ca: The kind of CA it is for.
        findings: What is to be said of key and CSR, worst first.
        remarks: What else there is to say, a sentence each; text from outside in it is visible.
        since: Since when the key has been there at least, as far as can be told.
        known_as: The name of the pair in the store that has this key, or None.
    """

    key: "PrivateKey" = field(repr=False)
    passphrase: Secret | None
    file: ForeignFile
    place: str
    is_openssh: bool
    spki_sha256: str
    asked: Request | None
    asked_file: str | None
    certificate: Certificate | None
    certificate_file: str | None
    pool: tuple[Certificate, ...]
    ca: CaKind
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    since: datetime
    known_as: str | None

    @property
    def key_label(self) -> str:
        """What people call its key: ``RSA 2048``."""
        return key_types.label_of(self.key.public_key())

    @property
    def is_acme_account(self) -> bool:
        """Whether it is the key of an account at an ACME CA (RFC 8555, 7.3), by where the known programs keep it."""
        if self.asked is not None or self.certificate is not None:
            return False
        return _ACCOUNT.search(self.place or self.file.path) is not None

    @property
    def csr_command(self) -> str:
        """What makes a CSR for a key that has neither CSR nor certificate, a clause."""
        if not self.is_openssh:
            return "openssl req -new -key KEY -out NEW.csr makes one"
        if key_types.label_of(self.key.public_key()).startswith("Ed"):
            return "csrtui new makes a pair with a new key, since no program makes a CSR from an Ed25519 key of OpenSSH"
        convert = 'cp KEY COPY && ssh-keygen -p -N "" -m PKCS8 -f COPY'
        return f"{convert} && openssl req -new -key COPY -out NEW.csr makes one"

    @property
    def allows_request(self) -> bool:
        """Whether a CSR could be made from its certificate."""
        return self.certificate is not None and key_types.type_of(self.key.public_key()) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """What it is for, the common name first."""
        source = self.asked or self.certificate
        return names_of(source) if source else ()

    @property
    def title(self) -> str:
        """The name that the pair will get unless that is taken or another is given; of the key's file without names."""
        for text in (*self.names, self.file.path.rpartition("/")[2]):
            try:
                return pair_name(text)
            except InputError:
                continue
        return "pair"


def names_of(source: Request | Certificate) -> tuple[str, ...]:
    """Return the names of a CSR or certificate, the common name first where it is a host's, each once."""
    common_name = source.subject.common_name
    if common_name is None or (source.names and read_name(common_name).text is None):
        return source.names
    return tuple(dict.fromkeys((common_name, *source.names)))


def facts(candidate: Candidate) -> list[tuple[str, str]]:
    """Return the parts of a candidate: a label and a text each, safe to show."""
    protection = ", under a passphrase" if candidate.passphrase is not None else ""
    lines = [("key", f"{visible(candidate.file.path)}  {candidate.key_label}{protection}")]
    without = "none: one can be made from the certificate" if candidate.allows_request else "none"
    lines.append(("CSR", visible(candidate.asked_file) if candidate.asked_file is not None else without))
    if candidate.certificate is not None:
        expires = utc_text(candidate.certificate.validity.not_after)
        lines.append(("certificate", f"{visible(candidate.certificate_file or '')}  expires {expires}"))
    return lines


def candidate_lines(candidate: Candidate) -> Iterator[str]:
    """Yield the lines for one candidate: its title and names, then its facts."""
    names = [visible(name) for name in candidate.names]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as many as a line holds
    yield f"{candidate.title}  {', '.join(names[:3])}{more}".rstrip()
    for label, text in facts(candidate):
        yield f"  {label:<11}  {text}"
    for finding in candidate.findings:
        yield f"  {finding.level.value}: {finding.text}"
