"""Find known weaknesses in keys from other programs, and recognize published private keys.

Every check only does arithmetic on the numbers of a key, without access to files or the network. An RSA 4096 key takes
15 ms and an EC key less than 1 ms (measured). The first RSA key in a process takes 25 ms more, to compute primes.

Published keys are listed by their SPKI SHA-256 fingerprint. The sources are the examples of RFC 6979, 8032, 8410, 9500
and 9881; the PyPI package `cryptography_vectors` 50 (Apache 2.0 or BSD); Python 3.11's `test` folder (PSF licence);
Go's `net/http/internal/testcert` (BSD); and Vagrant's `keys/vagrant.pub` (MIT). The list contains only keys that pass
all other checks: RSA with 2048 or more bits, the NIST curves, Ed25519 and ML-DSA.
"""

from functools import cache, lru_cache
from itertools import compress
from math import gcd, isqrt, prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


_BY_SOURCE = {
    "csrtui's own preview": ("5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3",),
    "base point of the curve": (
        "29f8fe74f38c49d49810cec736a26732a30bff2e64827b709a1c63340d4f7181",
        "dcaa139396632a8daba1ba49ceccce0c417786f014698a06221b083d77754bda",
    ),
    "RFC 9500": (
        "b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e",
        "c4c10105a0be0ed4dd3354428dc38a9bfee64da141ce16e75c94eda272f9dd3a",
        "8fb6bad671cfe698393c453357da61b56d757ab8c0f3fb9c87f2849e63131878",
    ),
    "RFC 8032": ("06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9",),
    "RFC 8410": ("a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f",),
    "RFC 9881": (
        "837832708c5236d951581f1fddf2b79991b3424a0486d16da1ddad0fd69701be",
        "b8b62131bfbe84433efb2273d7f5b87f7a22854a2cfd366fc2aead86d837c52d",
        "07e57c4f14dbad1267f621ec3777b4e2e6c4fbc4c22fbb87510ff8e0b3c6a642",
    ),
    "Go's test server": ("64eebde4d94a861ca1b062a103ef51d4d8a2c1b0a2133838198230e9c85407ed",),
    "Vagrant": ("bde93142b0780b2a66d27977d35f4f542e71cc538d491fe6609e2380b747a027",),
    "cryptography's test vectors": (
        "100329507e34f1e936f54b7820b2f559eaabb4f01e0e2b5e84c57d44657564bd",
        "c77e64782f65c8c717b59c324402cba2e192c37833abbd2cb9a478005349794b",
        "3abb44c517bcb80b00e42fb6c474a24c347a15953e5845d3f0f1b4091ed9a6c3",
        "490dc84ed8f76f7471571b9ec704ca275fdc2640ed49b895979c7119be61761c",
        "ae41eb52fce7fae32553084fc49763b7fb39ef3efa5a11e329a15b6fc5cef363",
        "6499afd6cf753b33f911792880b61e02cfbb927c058cd8e34ecb340fc9fcbacb",
        "78d517f20171e0a93022e4e60217b4d26faf34d210108ab2f0b3e4e8bfba60bc",
        "c6661756b7c382eb015ba30c1b609c58a2de8baffc8027370ce5ae0b3030f7e4",
        "905ad475d5fa4bfa51c2a83c4fcef68bc912a892546fef037db2876eebfdf256",
        "f48e365d447e29bdd1c071fb318fd6e2141320b3cf66728b6ea49148f8f2b7e9",
        "667e6d8114125c86c1338af54eaf516243d6b1fb933e48a45a59d82ac3f9f94b",
        "51eb139008ff17e579b3b121bd9a2d49fd5ba28ad80eee3257618e4a1f41b74f",
        "95b4478284a6d7ceb35cbc7cda0ed723cf4325d56825e01291ff48a55144d16f",
        "68453f37da0155b5077eb1c62d180b5083b2b834083546e54c821c05110dd541",
        "7da130ba5b03d172ad14512edb9fa866729b41fce34aa62e9721d4ab62d66c27",
        "8200a030dfd1fd70bf5ebdef77a7ae3ce3d999322e51871a63330546139c5adc",
        "153660c317dcd7874ffec2208d6b2a32ba7d3911e3e6550193fb55cba9eddcc1",
        "11a62d3ddc3a625c110d32bf889b2207e7cabd021ac95f1c8333b9db82a31e77",
        "2f57009da2ddd9bc611461715ecbe3b23ceff8783bc364f3f81f73e4e5680b74",
        "b0856183c6c590cee4db366c4100a4331b52d09cb16115ef21e81689ff376621",
        "5f88e21d4e16bcc4037e1090eed2236847bd44887961cdce2727bbbd2aba2823",
        "6c51c8539e9f3055855e70e06b2d4a7d7353eccddd83affebccc528289adb389",
        "d528e3e9c78b11e6014bd8219b6c719279974d541db197b37e7bb5a1f588a2d7",
        "ed44792e85700ec7b303976284ca016edab5d4aa2e2c86cd0839accad5d1a66b",
        "99c7097b3cf6f67f038336dc3b45a1284356cd0236fc2d9ce88ce080c2a9ae2f",
    ),
    "RFC 6979": (
        "5a7a78cca4a0f420d9bc62bb669c3c2759e39f723d3ae10dcbe0f0815a07ecd4",
        "2f95601fa82060b909bfc6b979dbd303d34d34e0afb27ea496beac362f242a4b",
        "2fb6d46385242ea4ad431f7175e7014eb74a5fc60f65b50ca54cc23c5b08de38",
    ),
    "Python's test suite": (
        "ab8e035b61375a026a577d38c424249b74b59795e8690aecf05fcf1c23e27998",
        "a0eb5a3d1414086256cfd994b4afe2c759376087269d7cede24af0dd95c30ab6",
        "be4c89ae84278a5efc10bd6bfa615e3f84b9a91110b17bb52ba6a351eaa14d4d",
        "c3e2fc4b8742a19c114912a4fcdd9d0c58e3481c6eb4ce447b778bb7edfdde83",
        "8064304dc78d97bb96dcf71c5edeb7abe8412efeab98972a9749df0ab065ad37",
        "0a8b54336a8f109dbf0f1cf6f8ba46f9e31aeaf0c07af3fa56868f0487d895da",
        "990c02b92948ebe7dd937acf1ee7bda652aee927ae71dcaa027a28d8df0a23fe",
        "3610893ac98cb708ebe91f3d7a7da48d9a15e9cd74ddca2976c4072ad5b9e5b4",
        "b27242ebec6d3db0ebbe05bb7c650a421ff90348629d3e0410bc7369b337d4fd",
    ),
}
SOURCES = {spki: source for source, fingerprints in _BY_SOURCE.items() for spki in fingerprints}
"""The source of each published private key, by its SPKI SHA-256 fingerprint (64 lower-case hex digits)."""


FERMAT_ROUNDS = 100
"""Number of rounds of Fermat's factorization that a modulus must resist (BR 6.1.1.3)."""
SMALL_FACTOR_LIMIT = 1 << 20
"""The limit for trial division. Every prime below it is tried as a factor of an RSA modulus."""
WEAK_SCALAR_BITS = 128
"""Maximum length in bits of a weak EC scalar. Pollard's kangaroo method finds it in at most 2^64 steps."""
_PRIMES_PER_PRODUCT = 256

_ROCA_PRIMES = (
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
    109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
)  # fmt: skip
"""The odd primes of Infineon's primorial M (Nemec et al., CCS 2017, table 1: the set for the shortest keys)."""
_ROCA_MODULUS = prod(_ROCA_PRIMES)
_ROCA_GENERATOR = 65537
_ROCA_ORDER_FACTORS = (16, 81, 25, 7, 11, 13, 17, 23, 29, 37, 41, 53, 83)
"""The prime powers whose product is the order of the generator modulo M."""
_ROCA_ORDER = prod(_ROCA_ORDER_FACTORS)


def is_roca(modulus: int) -> bool:
    """Return whether a modulus has the ROCA fingerprint (CVE-2017-15361).

    Infineon's library generated primes of the form ``k * M + 65537**a mod M``, so the modulus is a power of 65537
    modulo M. Fewer than one in 2^150 other moduli have this property.
    """
    if pow(modulus, _ROCA_ORDER, _ROCA_MODULUS) != 1:
        return False
    return all(_has_logarithm(modulus, factor) for factor in _ROCA_ORDER_FACTORS)


def _has_logarithm(number: int, factor: int) -> bool:
    """Return whether `number` has a logarithm to the generator in the subgroup of order `factor` (Pohlig-Hellman)."""
    step = pow(_ROCA_GENERATOR, _ROCA_ORDER // factor, _ROCA_MODULUS)
    target = pow(number, _ROCA_ORDER // factor, _ROCA_MODULUS)
    return any(pow(step, exponent, _ROCA_MODULUS) == target for exponent in range(factor))


@lru_cache(maxsize=64)  # a command examines the same key several times
def small_factor(modulus: int) -> int | None:
    """Return the smallest prime factor below `SMALL_FACTOR_LIMIT`, or None if there is none."""
    product = 1
    for primes in _prime_products():
        product = product * primes % modulus
    common = gcd(product, modulus)
    return None if common == 1 else next(prime for prime in _small_primes() if common % prime == 0)


@cache
def _prime_products() -> tuple[int, ...]:
    """Return the products of `_PRIMES_PER_PRODUCT` primes each. One product of all primes would be six times slower."""
    primes = _small_primes()
    starts = range(0, len(primes), _PRIMES_PER_PRODUCT)
    return tuple(prod(primes[start : start + _PRIMES_PER_PRODUCT]) for start in starts)


@cache
def _small_primes() -> tuple[int, ...]:
    """Return all primes below the limit, computed with the sieve of Eratosthenes over the odd numbers."""
    sieve = bytearray([1]) * (SMALL_FACTOR_LIMIT // 2)
    for number in range(3, isqrt(SMALL_FACTOR_LIMIT) + 1, 2):
        if sieve[number // 2]:
            multiples = slice(number * number // 2, None, number)
            sieve[multiples] = bytes(len(sieve[multiples]))
    return (2, *compress(range(3, SMALL_FACTOR_LIMIT, 2), sieve[1:]))


def has_close_primes(modulus: int) -> bool:
    """Return whether Fermat's factorization finds the primes in at most `FERMAT_ROUNDS` rounds (CVE-2022-26320).

    It writes the modulus as ``(a + b)(a - b)``. If the primes are close, ``a`` is near the square root of the modulus.
    """
    first = isqrt(modulus - 1) + 1
    for a in range(first, first + FERMAT_ROUNDS):
        square = a * a - modulus
        if isqrt(square) ** 2 == square:
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
    """Return the number of bits in an EC key's scalar if it is at most `WEAK_SCALAR_BITS`, else None.

    In a group of order n, the scalars d and n - d have the same x-coordinate, so the smaller one counts.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    scalar = key.private_numbers().private_value
    bits = min(scalar, key.curve.group_order - scalar).bit_length()
    return bits if bits <= WEAK_SCALAR_BITS else None
