"""Material for exports: a key, its certificate and a chain, and pairs of a store with a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from certificates_made import DAYS, START, intermediate, pem
from pairs_made import new_pair
from requests_made import der_of, key_of

from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.list import read_pair

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from csrtui.core.base.secret import Secret
    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.tasks.session import Session


def certificate_of(key_type: KeyType = KeyType.EC_P256, name: str = "a.com") -> x509.Certificate:
    """Return a certificate for the key of this type."""
    return intermediate().sign(der_of(SubjectFields(common_name=name), name, key_type=key_type))


class Material(NamedTuple):
    """A pair's name, its first name, its key, and its certificate with the chain."""

    pair: str
    domain: str
    key: PrivateKey
    certificates: tuple[x509.Certificate, ...]


def material(
    key_type: KeyType = KeyType.EC_P256, *, with_chain: bool = True, domain: str = "a.com"
) -> Material:
    """Return a pair called ``a.com`` with its certificate."""
    chain = (intermediate().certificate,) if with_chain else ()
    return Material("a.com", domain, key_of(key_type), (certificate_of(key_type), *chain))


def issued_pair(
    session: Session,
    name: str = "a.com",
    *,
    passphrase: Secret | None = None,
    key_type: KeyType = KeyType.EC_P256,
    start: datetime = START,
) -> str:
    """Make a pair with an imported certificate and chain, and return its name."""
    pair = new_pair(session, name, passphrase=passphrase, key_type=key_type)
    issue(session, pair, start)
    return pair


def issue(session: Session, pair: str, start: datetime = START) -> None:
    """Import a certificate for a pair that is valid from `start` on."""
    asked = read_pair(session, pair)[1]
    leaf = intermediate().sign(asked.der, start=start, days=DAYS, serial=int(start.timestamp()))
    (result,) = import_certificates(session, [ImportSource(pem(leaf, intermediate().certificate))])
    assert result.ok, result.text
