"""The key types of the contract, and generated keys."""

from __future__ import annotations

import sys
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from requests_made import key_of
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from collections.abc import Callable

PRIVATE_ONLY = {KeyType.ED25519, KeyType.ML_DSA_44, KeyType.ML_DSA_65, KeyType.ML_DSA_87}


def test_the_names_are_those_of_the_contract_and_the_default_is_p256() -> None:
    assert list(KeyType) == [
        "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096",
        "ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87",
    ]  # fmt: skip
    assert key_types.DEFAULT_KEY_TYPE is KeyType.EC_P256


def test_only_the_last_four_are_for_a_private_ca_alone() -> None:
    assert {kind for kind in KeyType if not kind.public_ca} == PRIVATE_ONLY


def test_each_type_has_its_own_label() -> None:
    assert len({kind.label for kind in KeyType}) == len(KeyType)


@table("key_type", KeyType)
def test_a_key_has_its_type_and_can_be_read_back_from_pem(key_type: KeyType) -> None:
    key = key_of(key_type)
    assert key_types.type_of(key.public_key()) is key_type
    pem = key_types.private_pem(key)
    assert pem == key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    again = load_pem_private_key(pem, None)
    assert key_types.spki_sha256(again.public_key()) == key_types.spki_sha256(key.public_key())  # type: ignore[arg-type]


def test_a_private_value_with_leading_zeros_has_the_length_of_the_curve() -> None:
    key = ec.derive_private_key(1, ec.SECP521R1())
    assert key_types.private_pem(key) == key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_version_of_cryptography_without_the_private_module_has_the_same_encodings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives._serialization", None)
    monkeypatch.delitem(sys.modules, "csrtui.core.keys.encodings", raising=False)
    encodings = import_module("csrtui.core.keys.encodings")
    assert (encodings.Encoding, encodings.PublicFormat) == (Encoding, PublicFormat)


def test_every_rsa_key_has_the_exponent_of_the_baseline_requirements() -> None:
    key = key_of(KeyType.RSA_2048)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.public_key().public_numbers().e == 65537
    assert key.key_size == 2048


def test_two_keys_are_never_the_same() -> None:
    fingerprints = {key_types.spki_sha256(key_types.generate(KeyType.EC_P256).public_key()) for _ in range(8)}
    assert len(fingerprints) == 8


@table("key_type", KeyType)
def test_the_hash_matches_the_key(key_type: KeyType) -> None:
    by_curve = {KeyType.EC_P384: "sha384", KeyType.EC_P521: "sha512"}
    expected = None if key_type in PRIVATE_ONLY else by_curve.get(key_type, "sha256")
    assert key_type.hash_name == expected
    algorithm = key_types.signature_hash(key_type)
    assert (algorithm.name if algorithm else None) == expected


def test_the_fingerprint_is_sha256_of_the_spki() -> None:
    public = key_of(KeyType.EC_P256).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key_types.spki_sha256(public) == sha256(der).hexdigest()


def test_a_key_of_an_unsupported_type_has_no_type() -> None:
    brainpool = ec.derive_private_key(7, ec.BrainpoolP256R1()).public_key()
    koblitz = ec.derive_private_key(7, ec.SECP256K1()).public_key()
    odd_rsa = rsa.RSAPublicNumbers(65537, (1 << 2055) + 1).public_key()
    for public in (brainpool, koblitz, odd_rsa):
        assert key_types.type_of(public) is None
    assert key_types.type_of(ed448.Ed448PrivateKey.generate().public_key()) is None


def test_a_key_type_is_read_by_its_exact_name() -> None:
    assert key_types.read_key_type("rsa-4096") is KeyType.RSA_4096


@table("text", ["", "RSA-4096", "rsa", " ec-p256", "ec-p256\n", "\udcff"])
def test_another_name_is_refused_and_the_hint_lists_all(text: str) -> None:
    with pytest.raises(InputError, match="is not a key type") as caught:
        key_types.read_key_type(text)
    assert caught.value.hint
    assert all(kind in caught.value.hint for kind in KeyType)
    assert str(caught.value).isprintable()


# The source of randomness


SCALARS = 2_000


def p256_scalars() -> list[int]:
    keys = (key_types.generate(KeyType.EC_P256) for _ in range(SCALARS))
    return [
        key.private_numbers().private_value for key in keys if isinstance(key, ec.EllipticCurvePrivateKey)
    ]


def test_generated_scalars_are_large_and_differ_at_both_ends() -> None:
    """Fail for a generator with fewer than about 64 random bits, wherever they are in the number.

    A good generator fails by chance in one of 2^42 runs: 2,000 pairs of 64-bit halves, compared with each other.
    """
    scalars = p256_scalars()
    assert len(scalars) == SCALARS
    assert min(scalars) > 2 ** (256 - 64)
    assert len(set(scalars)) == SCALARS
    assert len({scalar >> 192 for scalar in scalars}) == SCALARS
    assert len({scalar & (2**64 - 1) for scalar in scalars}) == SCALARS


CALLS: dict[KeyType, tuple[str, tuple[object, ...]]] = {
    KeyType.EC_P256: ("ec.generate_private_key", ("secp256r1",)),
    KeyType.EC_P384: ("ec.generate_private_key", ("secp384r1",)),
    KeyType.EC_P521: ("ec.generate_private_key", ("secp521r1",)),
    KeyType.RSA_2048: ("rsa.generate_private_key", (65537, 2048)),
    KeyType.RSA_3072: ("rsa.generate_private_key", (65537, 3072)),
    KeyType.RSA_4096: ("rsa.generate_private_key", (65537, 4096)),
    KeyType.ED25519: ("ed25519.Ed25519PrivateKey.generate", ()),
    KeyType.ML_DSA_44: ("mldsa.MLDSA44PrivateKey.generate", ()),
    KeyType.ML_DSA_65: ("mldsa.MLDSA65PrivateKey.generate", ()),
    KeyType.ML_DSA_87: ("mldsa.MLDSA87PrivateKey.generate", ()),
}


@pytest.mark.parametrize("key_type", KeyType)
def test_a_key_is_the_object_from_openssls_generator(
    monkeypatch: pytest.MonkeyPatch, key_type: KeyType
) -> None:
    """`generate` returns the object from cryptography's generator, which is neither seeded nor replaced."""
    calls: list[tuple[str, tuple[object, ...]]] = []
    generated_key = object()

    def recording(name: str) -> Callable[..., object]:
        def generator(*arguments: object) -> object:
            calls.append((name, tuple(getattr(argument, "name", argument) for argument in arguments)))
            return generated_key

        return generator

    for name in {name for name, _ in CALLS.values()}:
        module, _, path = name.partition(".")
        holder, _, method = path.rpartition(".")
        owner = import_module(f"cryptography.hazmat.primitives.asymmetric.{module}")
        if holder:  # a class of the extension cannot be changed, so it is replaced
            monkeypatch.setattr(owner, holder, type(holder, (), {method: staticmethod(recording(name))}))
        else:
            monkeypatch.setattr(owner, method, recording(name))
    assert key_types.generate(key_type) is generated_key
    assert calls == [CALLS[key_type]]
