"""A CA for one test run, which issues certificates like a public CA."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

ISSUED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIFE = timedelta(days=90)
END = datetime(2040, 1, 1, tzinfo=UTC)
DOMAIN_VALIDATED = x509.ObjectIdentifier("2.23.140.1.2.1")
ORGANIZATION_VALIDATED = x509.ObjectIdentifier("2.23.140.1.2.2")
_PLACE = {NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME}
_OF_AN_ORGANIZATION = {NameOID.ORGANIZATION_NAME, *_PLACE}
_ISSUER = x509.Name([
    x509.NameAttribute(NameOID.COUNTRY_NAME, "CH"),
    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Throw-away Trust AG"),
    x509.NameAttribute(NameOID.COMMON_NAME, "Throw-away TLS CA 1"),
])  # fmt: skip


def issue(request_der: bytes) -> bytes:
    """Return the DER of a certificate for a CSR, with exactly its subject and names.

    It is organization-validated if the subject has the required fields (BR 7.1.2.7.4), or else
    domain-validated (BR 7.1.2.7.2), without the fields that such a certificate must not contain.
    """
    csr = x509.load_der_x509_csr(request_der)
    public_key = csr.public_key()
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    subject, policy = _subject(csr.subject)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(_key().public_key())
    builder = (
        x509.CertificateBuilder()
        .issuer_name(_ISSUER)
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(ISSUED)
        .not_valid_after(ISSUED + LIFE - timedelta(seconds=1))
        .add_extension(authority_key, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(names, critical=False)
        .add_extension(_key_usage(wraps=isinstance(public_key, rsa.RSAPublicKey)), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), critical=False)
        .add_extension(_access(), critical=False)
        .add_extension(_revocation_list(), critical=False)
    )
    return builder.sign(_key(), hashes.SHA256()).public_bytes(Encoding.DER)


def issuer(*extensions: x509.Extension[x509.ExtensionType], end: datetime = END) -> bytes:
    """Return the DER of the CA's own certificate, a root.

    Args:
        extensions: Further extensions.
        end: The expiry.
    """
    public_key = _key().public_key()
    builder = (
        x509.CertificateBuilder()
        .issuer_name(_ISSUER)
        .subject_name(_ISSUER)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(_key(), hashes.SHA256()).public_bytes(Encoding.DER)


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _subject(asked: x509.Name) -> tuple[x509.Name, x509.ObjectIdentifier]:
    """Return the RDNs of the CSR, unchanged and in order, without those that no CA issues."""
    given = {attribute.oid for attribute in asked}
    validated = {NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME} <= given and bool(_PLACE & given)
    left_out = {NameOID.ORGANIZATIONAL_UNIT_NAME} | (set() if validated else _OF_AN_ORGANIZATION)
    kept = [rdn for rdn in asked.rdns if all(attribute.oid not in left_out for attribute in rdn)]
    return x509.Name(kept), ORGANIZATION_VALIDATED if validated else DOMAIN_VALIDATED


def _key_usage(*, wraps: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=wraps,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _access() -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier("http://ca.throwaway-trust.ch/tls1.cer")
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)]
    )


def _revocation_list() -> x509.CRLDistributionPoints:
    where = x509.UniformResourceIdentifier("http://crl.throwaway-trust.ch/tls1.crl")
    return x509.CRLDistributionPoints([x509.DistributionPoint([where], None, None, None)])
