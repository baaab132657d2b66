"""Certification paths of every kind: valid ones of public and private CAs, and invalid ones for each reason."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from requests_made import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
GONE = datetime(2021, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SERVER, EMAIL = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION
CODE = ExtendedKeyUsageOID.CODE_SIGNING


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Case:
    """The certificates that a CA delivers.

    Attributes:
        leaf: The certificate of the pair.
        intermediates: The intermediates in the delivered order.
        root: The root, or None if it is missing.
    """

    leaf: Made
    intermediates: tuple[Made, ...] = ()
    root: Made | None = None


def name(common_name: str, **more: str) -> x509.Name:
    oids = {"email": NameOID.EMAIL_ADDRESS, "organization": NameOID.ORGANIZATION_NAME}
    attributes = [x509.NameAttribute(oids[key], value) for key, value in more.items()]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


@cache
def key(kind: str, number: int = 0) -> CertificateIssuerPrivateKeyTypes:
    """Return a key, which is the same for the same arguments."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)
    if kind == "ml-dsa":
        return mldsa.MLDSA44PrivateKey.generate()
    if kind == "rsa-1024":
        return rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256K1() if kind == "secp256k1" else ec.SECP256R1())


def make(
    subject: str | x509.Name,
    issuer: Made | None = None,
    own_key: CertificateIssuerPrivateKeyTypes | None = None,
    extensions: tuple[x509.ExtensionType | tuple[x509.ExtensionType, bool], ...] = (),
    *,
    start: datetime = START,
    end: datetime = END,
    **options: Any,
) -> Made:
    """Return a certificate signed by an issuer or by itself. Extensions can be critical."""
    subject = name(subject) if isinstance(subject, str) else subject
    own_key = own_key or key("ec", 99)
    issuer_name, issuer_key = (issuer.certificate.subject, issuer.key) if issuer else (subject, own_key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(options.get("issuer_name", issuer_name))
        .public_key(options.get("public_key", own_key.public_key()))
        .serial_number(options.get("serial", 0xABC))
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for one in extensions:
        extension, critical = one if isinstance(one, tuple) else (one, False)
        builder = builder.add_extension(extension, critical=critical)
    digest = (
        None
        if isinstance(issuer_key, ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey)
        else options.get("hash", hashes.SHA256())
    )
    more = {"rsa_padding": options["padding"]} if "padding" in options else {}
    with warnings.catch_warnings(action="ignore"):
        return Made(builder.sign(issuer_key, digest, **more), own_key)


def ca(path_length: int | None = None, *, ca: bool = True) -> tuple[x509.BasicConstraints, bool]:
    return x509.BasicConstraints(ca=ca, path_length=path_length), True


def names(*hosts: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])


def constraints(
    permitted: Sequence[x509.GeneralName] | None, excluded: Sequence[x509.GeneralName] | None = None
) -> tuple[x509.NameConstraints, bool]:
    return x509.NameConstraints(permitted, excluded), True


def _above(identifier: x509.SubjectKeyIdentifier) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


class Maker:
    """A maker of cases whose CAs have keys of one kind.

    Args:
        kind: The kind of key: `ec`, `rsa`, `rsa-pss` or `ed25519`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        salt = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        self._options: dict[str, Any] = {"padding": salt} if kind == "rsa-pss" else {}

    def root(
        self, *extensions: Any, common_name: str | x509.Name = "Root", number: int = 1, **options: Any
    ) -> Made:
        return make(
            common_name, None, key(self._kind, number), extensions or (ca(),), **self._options, **options
        )

    def below(
        self, issuer: Made, *extensions: Any, common_name: str = "CA", number: int = 2, **options: Any
    ) -> Made:
        own = key(self._kind, number)
        return make(common_name, issuer, own, extensions or (ca(),), **self._options, **options)

    def leaf(
        self, issuer: Made, *extensions: Any, subject: str | x509.Name = "a.com", **options: Any
    ) -> Made:
        return make(subject, issuer, None, extensions or (names("a.com"),), **self._options, **options)

    def case(self, **changes: Any) -> Case:
        """Return a case with root, intermediate and leaf.

        Args:
            changes: `root`, `middle`, `leaf`: extensions; `root_options`, `middle_options`, `leaf_options`.
        """
        root = self.root(*changes.get("root", ()), **changes.get("root_options", {}))
        middle = self.below(root, *changes.get("middle", ()), **changes.get("middle_options", {}))
        leaf = self.leaf(middle, *changes.get("leaf", ()), **changes.get("leaf_options", {}))
        return Case(leaf, (middle,), root)

    # Valid chains

    def one_tier(self) -> Case:
        root = self.root()
        return Case(self.leaf(root), (), root)

    def identified(self) -> Case:
        """Return a case with key identifiers and key usages, as public CAs issue them."""
        root_id, middle_id = self._identifier(1), self._identifier(2)
        return self.case(
            root=(ca(), root_id, (usage(signs=True), True)),
            middle=(
                ca(0),
                middle_id,
                _above(root_id),
                (usage(signs=True), True),
                x509.ExtendedKeyUsage([SERVER]),
            ),
            leaf=(
                names("a.com"),
                _above(middle_id),
                (usage(signs=False), True),
                x509.ExtendedKeyUsage([SERVER]),
            ),
        )

    def without_root(self) -> Case:
        case = self.case()
        return Case(case.leaf, case.intermediates)

    def cross_signed(self, *, end: datetime = END - DAY) -> Case:
        """Return a case with two certificates for the intermediate: one below the root, one below a missing root.

        Args:
            end: The expiry of the certificate below the other root.
        """
        case = self.case()
        crossed = self.below(self.root(common_name="Old Root", number=5), end=end)
        return Case(case.leaf, (*case.intermediates, crossed), case.root)

    def rollover(self) -> Case:
        """Return a root whose new key is certified by its old key: self-issued, but not self-signed."""
        old_id, new_id = self._identifier(1), self._identifier(6)
        root = self.root(ca(), old_id)
        new = self.below(root, ca(), new_id, _above(old_id), common_name="Root", number=6)
        return Case(self.leaf(new, names("a.com"), _above(new_id)), (new,), root)

    def _identifier(self, number: int) -> x509.SubjectKeyIdentifier:
        return x509.SubjectKeyIdentifier.from_public_key(key(self._kind, number).public_key())

    def four_tiers(self, path_length: int | None = None) -> Case:
        root = self.root(ca(path_length))
        first = self.below(root, common_name="CA 1", number=3)
        second = self.below(first, common_name="CA 2", number=4)
        return Case(self.leaf(second), (first, second), root)

    # Invalid chains

    def wrong_signature(self) -> Case:
        """Return a case whose intermediate is a different one with the same name."""
        case = self.case()
        assert case.root is not None
        return Case(case.leaf, (self.below(case.root, number=7),), case.root)

    def wrong_root(self) -> Case:
        return Case(*self._parts(), self.root(number=8))

    def _parts(self) -> tuple[Made, tuple[Made, ...]]:
        case = self.case()
        return case.leaf, case.intermediates

    def wrong_identifier(self) -> Case:
        mine = x509.SubjectKeyIdentifier(b"\x01" * 20)
        other = x509.AuthorityKeyIdentifier(b"\x02" * 20, None, None)
        return self.case(middle=(ca(), mine), leaf=(names("a.com"), other))


GOOD: dict[str, Callable[[Maker], Case]] = {
    "three tiers": Maker.case,
    "one tier": Maker.one_tier,
    "four tiers": Maker.four_tiers,
    "public style": Maker.identified,
    "without root": Maker.without_root,
    "cross-signed": Maker.cross_signed,
    "rollover": Maker.rollover,
    "root with key usage": lambda make: make.case(root=(ca(), usage(signs=True))),
    "basic constraints not critical": lambda make: make.case(middle=(ca()[0],)),
    "leaf of version 3 without SAN": lambda make: make.case(leaf=(usage(signs=False),)),
    "e-mail": lambda make: make.case(
        middle=(ca(), x509.ExtendedKeyUsage([EMAIL])),
        leaf=(x509.SubjectAlternativeName([x509.RFC822Name("a@b.com")]), x509.ExtendedKeyUsage([EMAIL])),
    ),
    "code signing": lambda make: make.case(leaf=((x509.ExtendedKeyUsage([CODE]), True),)),
    "path length that suffices": lambda make: make.case(root=(ca(1),), middle=(ca(0),)),
    "allowed DNS name": lambda make: make.case(
        middle=(ca(), constraints([x509.DNSName("a.com")])), leaf=(names("a.com", "www.A.com"),)
    ),
    "allowed directory name": lambda make: make.case(
        middle=(ca(), constraints([x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "My  ltd")]))])),
        leaf_options={"subject": name("a.com", organization="My Ltd")},
    ),
    "critical extended key usage and policies": lambda make: make.case(
        leaf=(names("a.com"), (x509.ExtendedKeyUsage([SERVER]), True),
              (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]), True))
    ),
}  # fmt: skip
"""Chains that openssl accepts."""

BAD: dict[str, tuple[str, Callable[[Maker], Case]]] = {
    "wrong signature": ("signature", Maker.wrong_signature),
    "wrong root": ("signature", Maker.wrong_root),
    "expired leaf": ("leaf-validity", lambda make: make.case(leaf_options={"end": GONE})),
    "leaf not yet valid": ("leaf-validity", lambda make: make.case(leaf_options={"start": NOW + DAY})),
    "expired intermediate": ("validity", lambda make: make.case(middle_options={"end": GONE})),
    "intermediate not yet valid": ("validity", lambda make: make.case(middle_options={"start": NOW + DAY})),
    "expired root": ("validity", lambda make: make.case(root_options={"end": GONE})),
    "path length": ("path-length", lambda make: make.four_tiers(path_length=0)),
    "intermediate without keyCertSign": ("key-usage", lambda make: make.case(middle=(ca(), usage(signs=False)))),
    "root without keyCertSign": ("key-usage", lambda make: make.case(root=(ca(), usage(signs=False)))),
    "intermediate that is not a CA": ("not-a-ca", lambda make: make.case(middle=(ca(ca=False),))),
    "intermediate without basic constraints": ("not-a-ca", lambda make: make.case(middle=(names("ca.com"),))),
    "root without basic constraints": ("not-a-ca", lambda make: make.case(root=(names("ca.com"),))),
    "key identifier": ("key-identifier", Maker.wrong_identifier),
}  # fmt: skip
"""Chains that openssl refuses, with csrtui's reason."""
