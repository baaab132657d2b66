"""The purpose of a CSR: the usages that it requests, and the purpose that is read from them."""

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tables import table
from throwaway_ca import ISSUED, issue

from csrtui.core.advice.key_rules import check_csr
from csrtui.core.base.finding import CaKind, Level, Purpose
from csrtui.core.bundle import read_certificates
from csrtui.core.bundle.prefill import read_prefill
from csrtui.core.certificates import csr, extensions
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.comparison import CertificateFlawKind, flaws
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.host_name import FlawKind
from csrtui.core.names.name import read_name
from csrtui.core.subject.fields import SubjectFields

JANE = SubjectFields(common_name="Jane Doe")


@table("purpose", Purpose)
def test_the_purpose_is_read_back_from_the_csr(purpose: Purpose) -> None:
    request = csr.preview(JANE, [], purpose)
    assert request.purpose is purpose
    assert request.names == ()
    prefill = read_prefill(request.der, CaKind.PRIVATE)
    assert prefill.purpose is purpose
    assert prefill.omissions == ()
    assert prefill.names == ("Jane Doe",)


@table(
    ("purpose", "rsa_usages", "ec_usages"),
    [
        (Purpose.SERVER, (True, False), (False, False)),
        (Purpose.CLIENT, (False, False), (False, False)),
        (Purpose.SERVER_CLIENT, (True, False), (False, False)),
        (Purpose.EMAIL, (True, False), (False, True)),
        (Purpose.CODE_SIGNING, (False, False), (False, False)),
    ],
)
def test_the_key_usage_depends_on_the_key_type(
    purpose: Purpose, rsa_usages: tuple[bool, bool], ec_usages: tuple[bool, bool]
) -> None:
    for key_type, usages in ((KeyType.RSA_2048, rsa_usages), (KeyType.EC_P256, ec_usages)):
        usage, extended = (extension.value for extension in extensions.extensions_for(purpose, key_type))
        assert isinstance(usage, x509.KeyUsage)
        assert isinstance(extended, x509.ExtendedKeyUsage)
        assert usage.digital_signature
        assert (usage.key_encipherment, usage.key_agreement) == usages
        assert [oid.dotted_string for oid in extended] == list(extensions.EXTENDED_KEY_USAGES[purpose])


@table(
    ("oids", "purpose"),
    [
        ([], Purpose.SERVER),
        (["1.2.3"], Purpose.SERVER),
        ([extensions.EMAIL_PROTECTION, extensions.CLIENT_AUTHENTICATION], Purpose.CLIENT),
        (
            [extensions.CODE_SIGNING, extensions.CLIENT_AUTHENTICATION, extensions.SERVER_AUTHENTICATION],
            Purpose.SERVER_CLIENT,
        ),
    ],
)
def test_the_first_of_several_purposes_counts(oids: list[str], purpose: Purpose) -> None:
    assert extensions.purpose_of(oids) is purpose


def test_a_prefill_for_a_public_ca_is_for_a_server_with_a_note_on_other_usages() -> None:
    request = csr.preview(
        SubjectFields(common_name="a.mydomain.com"), ["a.mydomain.com"], Purpose.SERVER_CLIENT
    )
    prefill = read_prefill(request.der, CaKind.PUBLIC)
    assert prefill.purpose is Purpose.SERVER
    assert prefill.omissions == ()
    (sentence,) = prefill.unissued
    assert sentence.startswith(
        "the extended key usage TLS client: public CAs issue certificates for servers only"
    )
    assert read_prefill(request.der, CaKind.PRIVATE).unissued == ()


@table("must_staple", [False, True])
def test_must_staple_is_requested_again_only_for_a_renewal(must_staple: bool) -> None:
    request = csr.preview(
        SubjectFields(common_name="a.mydomain.com"), ["a.mydomain.com"], must_staple=must_staple
    )
    assert request.must_staple is must_staple
    renewed = read_prefill(request.der, keep_must_staple=True)
    assert (renewed.must_staple, renewed.omissions) == (must_staple, ())
    another = read_prefill(request.der)
    assert another.must_staple is False
    assert bool(another.omissions) is must_staple


def test_a_usage_that_needs_an_unsupported_key_is_not_copied() -> None:
    key = ec.generate_private_key(ec.SECP256K1())
    usage = next(iter(extensions.extensions_for(Purpose.SERVER, KeyType.RSA_2048))).value
    der = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(usage, critical=True)
        .sign(key, key_types.signature_hash(KeyType.RSA_2048))
        .public_bytes(Encoding.DER)
    )
    assert any("keyUsage" in sentence for sentence in read_prefill(der).omissions)


@table(
    ("oids", "flawed"),
    [
        (None, False),
        ([extensions.CLIENT_AUTHENTICATION], False),
        ([extensions.ANY_PURPOSE], False),
        (["1.2.3"], True),
    ],
)
def test_a_certificate_for_another_purpose_than_requested_is_reported(
    oids: list[str] | None, flawed: bool
) -> None:
    request = csr.preview(JANE, ["a.mydomain.com"], Purpose.CLIENT)
    leaf = read_certificates(issue(request.der))[0]
    leaf = replace(leaf, purposes=None if oids is None else tuple(oids))
    chain = build_chain(leaf, [], ISSUED)
    found = flaws(chain, validate_chain(chain, ISSUED), CaKind.PRIVATE, ISSUED, Purpose.CLIENT)
    assert (CertificateFlawKind.OTHER_PURPOSE in {flaw.kind for flaw in found}) is flawed
    assert CertificateFlawKind.NOT_FOR_SERVERS not in {flaw.kind for flaw in found}


def test_a_blank_beside_an_address_is_a_flaw() -> None:
    assert [flaw.kind for flaw in read_name("jane@mydomain.com ").flaws] == [FlawKind.SPACE]


@table("ca", CaKind)
def test_must_staple_in_an_existing_csr_is_a_warning(ca: CaKind) -> None:
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    key = ec.generate_private_key(ec.SECP256R1())
    der = builder.add_extension(feature, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert [(finding.code, finding.level) for finding in check_csr(csr.read_der(der), ca)] == [
        ("must-staple", Level.WARNING)
    ]
    (finding,) = check_csr(csr.read_der(der), ca)
    assert finding.fix is not None
    assert finding.fix.drops_must_staple
    assert check_csr(csr.preview(JANE, []), ca) == ()
