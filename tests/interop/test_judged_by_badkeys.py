"""badkeys, which knows many kinds of weak keys, checks the keys that csrtui makes."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from safety_results import counted

from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from collections.abc import Callable

badkeys: Any = pytest.importorskip(
    "badkeys", reason="badkeys is not installed: it comes with the extra `test`"
)

CHECKS = [name for name in badkeys.defaultchecks if name != "blocklist"]
"""All checks except the list of compromised keys, a download of 100 MB."""


def weaknesses(pem: str) -> set[str]:
    """Return the checks that a CSR or a public key in PEM fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # badkeys tests for a Diffie-Hellman key, which is deprecated
        checked = badkeys.detectandcheck(pem, checks=CHECKS)
    assert checked["type"] not in {"unparseable", "unsupported", "notfound"}, checked
    return set(checked["results"])


def fresh_request(key_type: KeyType) -> str:
    key = key_types.generate(key_type)
    der = csr.build(SubjectFields(common_name="www.mydomain.com"), ("www.mydomain.com",), key)
    return csr.to_pem(der).decode()


@pytest.mark.parametrize("key_type", [kind for kind in KeyType if kind is not KeyType.RSA_4096])
def test_a_key_from_csrtui_has_no_known_weakness(key_type: KeyType) -> None:
    assert not weaknesses(fresh_request(key_type))


@pytest.mark.slow
@pytest.mark.safety
def test_a_thousand_requests_have_no_known_weakness() -> None:
    made = [KeyType.EC_P256] * 650 + [KeyType.EC_P384] * 150 + [KeyType.EC_P521] * 150
    made += [KeyType.RSA_2048] * 40 + [KeyType.RSA_3072] * 8 + [KeyType.RSA_4096] * 2
    with counted(
        "A generated CSR has no known weakness", "all checks of badkeys except the blocklist"
    ) as tally:
        for key_type in made:
            assert not weaknesses(fresh_request(key_type))
            tally.add()


def public_pem(modulus: int, exponent: int = 65537) -> str:
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _next_prime(number: int) -> int:
    number |= 1
    while any(number % small == 0 for small in range(3, 2000, 2)) or pow(2, number - 1, number) != 1:
        number += 2
    return number


def _close_primes() -> int:
    prime = _next_prime(3 << 1022)
    return prime * _next_prime(prime + 2)


def _small_factor() -> int:
    return 4001 * ((3 << 2035) + 1)


def _roca() -> int:
    """Return a modulus that is a power of 65537 modulo each small prime, as Infineon's library made them."""
    primes = (
        number
        for number in range(3, 168, 2)
        if all(number % small for small in range(3, 13, 2) if small < number)
    )
    product = prod(primes)
    base = pow(65537, 4711, product)
    step = (1 << 2047) // product + 1
    while (base + step * product) % 2 == 0:
        step += 1
    return base + step * product


@pytest.mark.parametrize(
    ("modulus", "weakness"),
    [(_close_primes, "fermat"), (_small_factor, "smallfactors"), (_roca, "roca")],
)
def test_a_weak_key_is_noticed(modulus: Callable[[], int], weakness: str) -> None:
    assert weakness in weaknesses(public_pem(modulus()))
