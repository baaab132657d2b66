"""Keys with real-world weaknesses: each weakness is found, and the most similar good key passes."""

from __future__ import annotations

import re
from functools import cache
from math import prod

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from data_files import DATA
from requests_made import key_of
from tables import table

from csrtui.core.advice.key_rules import (
    check_private_key,
    check_proved_key,
    check_public_key,
    compromised_key_findings,
)
from csrtui.core.base.finding import CaKind, FieldName, Level
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, quality
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

BITS = 2048
PRIMORIAL = prod(
    number for number in range(3, 168, 2) if all(number % divisor for divisor in range(3, number, 2))
)


def next_prime(number: int) -> int:
    number |= 1
    while any(number % small == 0 for small in range(3, 2000, 2)) or pow(2, number - 1, number) != 1:
        number += 2
    return number


@cache
def roca_prime(exponent: int) -> int:
    """Return a 1,024-bit prime as Infineon's library generates it: k * M + 65537^a mod M."""
    candidate = (3 * (1 << 1022) + (exponent << 1000)) // PRIMORIAL * PRIMORIAL + pow(
        65537, exponent, PRIMORIAL
    )
    while candidate % 2 == 0 or pow(2, candidate - 1, candidate) != 1:
        candidate += PRIMORIAL
    return candidate


@cache
def good_prime() -> int:
    return next_prime(3 * (1 << 1022) + (1 << 900) + 12345)


def public(modulus: int) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(65537, modulus).public_key()


def texts(key: key_types.PublicKey, ca: CaKind = CaKind.PUBLIC) -> list[str]:
    return [finding.text for finding in check_public_key(key, ca) if finding.code == "key-weak"]


# RSA


def test_a_roca_key_is_found() -> None:
    modulus = roca_prime(4711) * roca_prime(17)
    assert quality.is_roca(modulus)
    (text,) = texts(public(modulus))
    assert "ROCA" in text


def test_one_roca_prime_alone_does_not_make_a_roca_key() -> None:
    modulus = roca_prime(4711) * good_prime()
    assert not quality.is_roca(modulus)
    assert not texts(public(modulus))


def test_a_modulus_of_the_same_order_that_is_not_a_power_of_65537_is_not_roca() -> None:
    """It is a power of 65537 modulo each prime, so the order is the same, but the exponents contradict each other."""
    rest = PRIMORIAL // 167
    step = rest * pow(rest, -1, 167)  # 1 modulo 167, 0 modulo the other primes
    residue = (1 + step * (pow(65537, 1, 167) - 1)) % PRIMORIAL
    modulus = (1 << BITS - 1) // PRIMORIAL * PRIMORIAL + residue
    assert [modulus % 167, modulus % 163] == [65537 % 167, 1]
    assert not quality.is_roca(modulus)


@table("factor", [3, 65537, 1_048_573])
def test_a_factor_below_two_to_the_twentieth_is_named(factor: int) -> None:
    modulus = factor * good_prime()
    assert quality.small_factor(modulus) == factor
    assert any(f"has the factor {factor}:" in text for text in texts(public(modulus)))


def test_the_smallest_of_several_factors_is_named() -> None:
    assert quality.small_factor(1_048_573 * 65537 * 257 * good_prime()) == 257
    assert quality.small_factor(2 * good_prime()) == 2


def test_a_prime_above_two_to_the_twentieth_is_not_named() -> None:
    assert next_prime(1_048_575) == 1_048_583
    assert quality.small_factor(1_048_583 * good_prime()) is None


@table("key_type", [KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096])
def test_a_generated_rsa_key_has_no_weakness(key_type: KeyType) -> None:
    assert not texts(key_of(key_type).public_key())


# EC


@table("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_a_scalar_of_up_to_128_bits_is_found_also_if_negated(curve: ec.EllipticCurve) -> None:
    for scalar in (1, 2**64 + 1, 2**128 - 1):
        for number in (scalar, curve.group_order - scalar):
            assert quality.small_scalar_bits(ec.derive_private_key(number, curve)) == scalar.bit_length()
    assert quality.small_scalar_bits(ec.derive_private_key(2**128, curve)) is None


@table(("ca", "level"), [(CaKind.PUBLIC, Level.ERROR), (CaKind.PRIVATE, Level.WARNING)])
def test_a_small_scalar_blocks_a_public_ca_and_warns_a_private_one(ca: CaKind, level: Level) -> None:
    (finding,) = check_private_key(ec.derive_private_key(2**99, ec.SECP256R1()), ca)
    assert (finding.code, finding.level, finding.field, finding.value) == (
        "key-weak",
        level,
        FieldName.KEY,
        "ec-p256",
    )
    assert "only 100 bits" in finding.text


@table("key_type", KeyType)
def test_a_generated_private_key_has_no_finding(key_type: KeyType) -> None:
    assert check_private_key(key_of(key_type), CaKind.PUBLIC) == ()


# Proved private keys


def rsa_key(p: int, q: int) -> rsa.RSAPrivateKey:
    """Return a key of these primes, unchecked."""
    exponent = pow(65537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        exponent,
        exponent % (p - 1),
        exponent % (q - 1),
        pow(q, -1, p),
        rsa.RSAPublicNumbers(65537, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


@table("key_type", KeyType)
def test_a_proved_key_that_was_generated_is_not_weak(key_type: KeyType) -> None:
    assert "key-weak" not in {finding.code for finding in check_proved_key(key_of(key_type), CaKind.PRIVATE)}


def test_both_halves_of_a_proved_key_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    close = rsa_key(good_prime(), next_prime(good_prime() + 2))
    monkeypatch.setattr("csrtui.core.keys.quality.small_factor", pytest.fail)
    (finding,) = check_proved_key(close, CaKind.PUBLIC)
    assert "close together" in finding.text
    (finding,) = check_proved_key(ec.derive_private_key(5, ec.SECP256R1()), CaKind.PUBLIC)
    assert "only 3 bits" in finding.text


def test_a_small_prime_of_a_proved_key_is_found() -> None:
    texts = [finding.text for finding in check_proved_key(rsa_key(good_prime(), 1_048_573), CaKind.PUBLIC)]
    assert any("has the factor 1048573" in text for text in texts)


# Published keys


PUBLISHED = re.findall(
    r"^([^\n]*): [^ \n]+\n(-----BEGIN PUBLIC KEY-----\n.*?-----END PUBLIC KEY-----\n)",
    (DATA / "published_keys.pem").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


def test_every_entry_of_the_list_belongs_to_a_key_with_its_source() -> None:
    expected = {key_types.spki_sha256(read_public(pem)): source for source, pem in PUBLISHED}
    assert len(expected) == len(PUBLISHED) == 50
    assert {spki: quality.SOURCES.get(spki) for spki in expected} == expected
    assert expected == quality.SOURCES


def test_a_published_key_is_found_in_its_public_half() -> None:
    for source, pem in PUBLISHED:
        assert any(f"published ({source})" in text for text in texts(read_public(pem))), source


def test_the_key_of_csrtuis_own_preview_is_published() -> None:
    shown = csr.preview(SubjectFields(common_name="a.com"), ("a.com",))
    assert quality.SOURCES.get(shown.spki_sha256) == "csrtui's own preview"


def test_a_fresh_key_is_not_published() -> None:
    assert (
        quality.SOURCES.get(key_types.spki_sha256(ed25519.Ed25519PrivateKey.generate().public_key())) is None
    )


def read_public(pem: str) -> key_types.PublicKey:
    return load_pem_public_key(pem.encode())  # type: ignore[return-value]  # certificates can contain all of them


def test_a_key_on_a_list_of_compromised_keys_is_a_weak_key() -> None:
    key = key_of(KeyType.EC_P256).public_key()
    (finding,) = compromised_key_findings(key, "debianssl", CaKind.PUBLIC)
    assert (finding.code, finding.level, finding.value) == ("key-weak", Level.ERROR, "ec-p256")
    assert "debianssl" in finding.text
    assert compromised_key_findings(key, "debianssl", CaKind.PRIVATE)[0].level is Level.WARNING
