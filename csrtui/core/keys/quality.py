"""Known weaknesses of keys that others made: arithmetic on the numbers of a key, without files and network.

Every test is bounded. Measured here, RSA 4096 costs 15 ms and EC less than 1 ms; the first RSA key of a process
costs 25 ms more, for the primes.
"""

from functools import cache
from itertools import compress
from math import gcd, isqrt, prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

FERMAT_ROUNDS = 100
"""How many rounds of Fermat's factorization two primes must resist (BR 6.1.1.3)."""
SMALL_FACTOR_LIMIT = 1 << 20
"""Every prime below it is tried as a factor of an RSA modulus."""
MIN_SCALAR_BITS = 128
"""An EC scalar below 2 to this power falls to Pollard's kangaroo method: 2^64 steps at most."""
_PRIMES_PER_PRODUCT = 256

_ROCA_PRIMES = (
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
    109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
)  # fmt: skip
"""The odd primes of Infineon's primorial M (Nemec et al., CCS 2017, table 1: the set for the shortest keys)."""
_ROCA_MODULUS = prod(_ROCA_PRIMES)
_ROCA_GENERATOR = 65537
_ROCA_ORDER_FACTORS = (16, 81, 25, 7, 11, 13, 17, 23, 29, 37, 41, 53, 83)
"""The prime powers in the order of the generator modulo M."""
_ROCA_ORDER = prod(_ROCA_ORDER_FACTORS)


def is_roca(modulus: int) -> bool:
    """Return whether a modulus has the ROCA fingerprint (CVE-2017-15361).

    Infineon's library made primes of the form ``k * M + 65537**a mod M``, so that the modulus is a power of 65537
    modulo M. Of other moduli, fewer than one in 2^150 is.
    """
    if pow(modulus, _ROCA_ORDER, _ROCA_MODULUS) != 1:
        return False
    return all(_has_logarithm(modulus, factor) for factor in _ROCA_ORDER_FACTORS)


def _has_logarithm(number: int, factor: int) -> bool:
    """Whether a discrete logarithm to the generator exists in the subgroup of order `factor` (Pohlig-Hellman)."""
    step = pow(_ROCA_GENERATOR, _ROCA_ORDER // factor, _ROCA_MODULUS)
    target = pow(number, _ROCA_ORDER // factor, _ROCA_MODULUS)
    return any(pow(step, exponent, _ROCA_MODULUS) == target for exponent in range(factor))


def small_factor(modulus: int) -> int | None:
    """Return the smallest prime factor below `SMALL_FACTOR_LIMIT`, or None if there is none."""
    product = 1
    for primes in _prime_products():
        product = product * primes % modulus
    common = gcd(product, modulus)
    return None if common == 1 else next(prime for prime in _small_primes() if common % prime == 0)


@cache
def _prime_products() -> tuple[int, ...]:
    """The product of each `_PRIMES_PER_PRODUCT` primes: together they cost a sixth of one product of them all."""
    primes = _small_primes()
    starts = range(0, len(primes), _PRIMES_PER_PRODUCT)
    return tuple(prod(primes[start : start + _PRIMES_PER_PRODUCT]) for start in starts)


@cache
def _small_primes() -> tuple[int, ...]:
    """All primes below the limit, by the sieve of Eratosthenes over the odd numbers."""
    sieve = bytearray([1]) * (SMALL_FACTOR_LIMIT // 2)
    for number in range(3, isqrt(SMALL_FACTOR_LIMIT) + 1, 2):
        if sieve[number // 2]:
            multiples = slice(number * number // 2, None, number)
            sieve[multiples] = bytes(len(sieve[multiples]))
    return (2, *compress(range(3, SMALL_FACTOR_LIMIT, 2), sieve[1:]))


def has_close_primes(modulus: int) -> bool:
    """Return whether Fermat's factorization finds the primes within `FERMAT_ROUNDS` (CVE-2022-26320).

    A modulus is ``(a + b)(a - b)``, and ``a`` is near its root when the primes are close.
    """
    first = isqrt(modulus - 1) + 1
    for a in range(first, first + FERMAT_ROUNDS):
        rest = a * a - modulus
        if isqrt(rest) ** 2 == rest:
            return True
    return False


def has_large_primes(key: "PrivateKey") -> bool:
    """Return whether a private key is an RSA key whose primes are both above `SMALL_FACTOR_LIMIT`."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not isinstance(key, rsa.RSAPrivateKey):
        return False
    numbers = key.private_numbers()
    return min(numbers.p, numbers.q) > SMALL_FACTOR_LIMIT


def small_scalar_bits(key: "PrivateKey") -> int | None:
    """Return the bits of an EC key's scalar if there are at most `MIN_SCALAR_BITS`, else None.

    In a group of order n, the scalars d and n - d have the same x-coordinate; the smaller of both counts.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    scalar = key.private_numbers().private_value
    bits = min(scalar, key.curve.group_order - scalar).bit_length()
    return bits if bits <= MIN_SCALAR_BITS else None
