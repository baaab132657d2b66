"""Certificates in any order become a chain (leaf, intermediates, root), and the end of the chain is classified."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from certificates_made import build, der, intermediate, named, pem, root
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from requests_made import NOW, der_of, key_of
from tables import table

from csrtui.core.base import asn1
from csrtui.core.certificates.certificate import Certificate, load, read_der
from csrtui.core.certificates.chain import (
    Chain,
    ChainEnd,
    SignatureCheck,
    build_chain,
    check_signature,
    is_issued_by,
)
from csrtui.core.certificates.csr import to_pem
from csrtui.core.keys.key_types import KeyType, private_pem
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

CSR = der_of(SubjectFields(common_name="a.com"), "a.com")
ISSUER = intermediate()
LEAF = read_der(der(ISSUER.sign(CSR)))
CA, ROOT = read_der(ISSUER.der), read_der(root().der)
OTHER_ROOT = read_der(root("Another Root").der)


@table("order", [*itertools.permutations([LEAF, CA, ROOT, OTHER_ROOT])])
def test_the_order_of_the_certificates_does_not_matter(order: tuple[Certificate, ...]) -> None:
    chain = build_chain(LEAF, order, NOW)
    assert chain == Chain(LEAF, (CA,), ROOT, ChainEnd.ROOT)
    assert chain.server_certificates == (LEAF, CA)
    assert chain.last_issuer_text == "CN=Test Root"


@table(
    ("others", "count", "end"),
    [
        ([], 1, ChainEnd.ISSUER_MISSING),
        ([ROOT, OTHER_ROOT], 1, ChainEnd.ISSUER_MISSING),
        ([CA], 2, ChainEnd.ROOT_MISSING),
        ([CA, ROOT], 2, ChainEnd.ROOT),
    ],
)
def test_gaps_are_recognized(others: list[Certificate], count: int, end: ChainEnd) -> None:
    chain = build_chain(LEAF, others, NOW)
    assert (len(chain.server_certificates), chain.end) == (count, end)


def namesake(**changes: object) -> Certificate:
    """Return a certificate with the name of the intermediate, but with another key."""
    key = root("Another Root").key
    extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=True, path_length=None)]
    return read_der(der(build(named("Test CA 1"), key.public_key(), root(), extensions, **changes)))


def test_a_namesake_that_did_not_sign_it_is_not_an_issuer() -> None:
    assert build_chain(LEAF, [namesake()], NOW).end is ChainEnd.WRONG_ISSUER
    assert build_chain(LEAF, [namesake(), CA], NOW) == Chain(LEAF, (CA,), None, ChainEnd.ROOT_MISSING)


def test_a_certificate_that_is_not_a_ca_signs_nothing() -> None:
    fake = intermediate("No CA", ca=False)
    leaf = read_der(der(fake.sign(CSR)))
    assert build_chain(leaf, [read_der(fake.der)], NOW).end is ChainEnd.WRONG_ISSUER


def test_of_two_issuers_the_root_or_the_one_with_the_latest_expiry_is_preferred() -> None:
    top = root()
    is_ca: list[x509.ExtensionType] = [x509.BasicConstraints(ca=True, path_length=None)]
    crossed = read_der(
        der(
            build(named("Test Root"), top.key.public_key(), root("Old Root"), is_ca, start=datetime(2024, 1, 1, tzinfo=UTC))
        )
    )  # fmt: skip
    assert build_chain(LEAF, [CA, crossed], NOW).server_certificates == (LEAF, CA, crossed)
    assert build_chain(LEAF, [CA, crossed, ROOT], NOW) == Chain(LEAF, (CA,), ROOT, ChainEnd.ROOT)
    longer = read_der(
        der(build(named("Test CA 1"), ISSUER.key.public_key(), root(), is_ca, start=datetime(2025, 1, 1, tzinfo=UTC), days=21_000))
    )  # fmt: skip
    assert build_chain(LEAF, [CA, longer, ROOT], NOW).intermediates == (longer,)


def test_a_self_signed_certificate_needs_no_issuer() -> None:
    key = key_of(KeyType.EC_P256)
    own = read_der(der(build(named("a.com"), key.public_key(), (named("a.com"), key), [])))
    assert build_chain(own, [CA, ROOT], NOW) == Chain(own, (), None, ChainEnd.ROOT)


def test_a_cycle_of_cas_ends() -> None:
    names = ["Loop 1", "Loop 2"]
    key = root().key
    extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=True, path_length=None)]
    ring = [
        read_der(der(build(named(one), key.public_key(), (named(other), key), extensions)))
        for one, other in (names, names[::-1])
    ]
    leaf = read_der(der(build(named("a.com"), key.public_key(), (named("Loop 1"), key), [])))
    chain = build_chain(leaf, ring, NOW)
    assert (len(chain.server_certificates), chain.end) == (3, ChainEnd.ROOT_MISSING)


def test_a_chain_that_is_too_long_is_cut() -> None:
    key = root().key
    extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=True, path_length=None)]
    certificates = [
        read_der(der(build(named(f"CA {at}"), key.public_key(), (named(f"CA {at + 1}"), key), extensions)))
        for at in range(12)
    ]
    chain = build_chain(certificates[0], certificates, NOW)
    assert (len(chain.server_certificates), chain.end) == (11, ChainEnd.TOO_LONG)


def test_a_certificate_with_two_signature_algorithms_is_not_validly_signed() -> None:
    body = load(LEAF).tbs_certificate_bytes
    sha256, sha384 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040303")
    signed = body.replace(sha256, sha384, 1)
    signature = ISSUER.key.sign(signed, ec.ECDSA(hashes.SHA256()))  # type: ignore[call-arg, arg-type]
    sequence = asn1.encode(asn1.SEQUENCE, sha256)
    data = asn1.encode(asn1.SEQUENCE, signed, sequence, asn1.encode(asn1.BIT_STRING, b"\0", signature))
    assert signed != body
    assert check_signature(LEAF, CA) is SignatureCheck.GOOD
    assert check_signature(read_der(data), CA) is SignatureCheck.BAD


def test_with_an_old_hash_only_the_names_are_compared(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    files = {"ca.pem": pem(ISSUER.certificate), "ca.key": private_pem(ISSUER.key), "csr.pem": to_pem(CSR)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    sign = ["-req", "-sha1", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-outform", "DER"]
    leaf_der = subprocess.run(
        ["openssl", "x509", *sign], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    leaf = read_der(leaf_der)
    assert (leaf.signature_hash, leaf.has_old_hash) == ("sha1", True)
    assert is_issued_by(leaf, CA)
    assert check_signature(leaf, CA) is SignatureCheck.UNKNOWN
    assert not is_issued_by(leaf, OTHER_ROOT)
    assert build_chain(leaf, [ROOT, CA], NOW) == Chain(leaf, (CA,), ROOT, ChainEnd.ROOT)
