"""What opening an encrypted key would cost, read before it is paid: a file from elsewhere can ask for anything."""

from typing import Final

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from csrtui.core.base.errors import InputError

MAX_ROUNDS: Final = 10_000_000
"""The most PBKDF2 rounds gone along with: about a second."""
MAX_HASH_ROUNDS: Final = 2_000_000
"""The most rounds of a hash, for the derivations of PKCS #12 and PBES1: about a second. NSS writes 600,000."""
MAX_MEMORY: Final = 256 * 1024 * 1024
"""The most bytes of memory that scrypt may ask for."""
_MAX_LANES: Final = 16
_MAX_LANE_MEMORY: Final = MAX_MEMORY // 16
"""What all lanes hold at once: OpenSSL allots it beside the table that `MAX_MEMORY` is about."""

_PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
_PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.12")
_SCRYPT = ObjectIdentifier("1.3.6.1.4.1.11591.4.11")
_TO_DO = "somebody made it to keep this machine busy, or it is damaged"
_OLD = "1.2.840.113549.1."
"""PBES1 (RFC 8018, A.3) and the schemes of PKCS #12 (RFC 7292, C): a salt and a number of rounds."""


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _Encrypted:
    algorithm: _Algorithm
    data: bytes


@asn1.sequence
class _Pbes2:
    key_derivation: _Algorithm
    encryption: _Algorithm


@asn1.sequence
class _Prf:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Pbkdf2:
    salt: bytes
    rounds: int
    key_length: int | None
    prf: _Prf | None


@asn1.sequence
class _Scrypt:
    salt: bytes
    cost: int
    block_size: int
    parallelization: int
    key_length: int | None


@asn1.sequence
class _Pbe:
    salt: bytes
    rounds: int


def judge_cost(der: bytes) -> None:
    """Refuse an EncryptedPrivateKeyInfo that would cost too much to open, or says nothing of what it costs.

    Raises:
        InputError: It is no EncryptedPrivateKeyInfo (RFC 5958, 3), of an unknown scheme, or too dear.
    """
    try:
        _judge(asn1.decode_der(_Encrypted, der).algorithm)
    except ValueError as error:
        raise InputError(
            "the encrypted private key cannot be read: it is damaged, or of a kind that is not known here"
        ) from error


def _judge(scheme: _Algorithm) -> None:
    if scheme.algorithm == _PBES2:
        derivation = scheme.parameters.parse(_Pbes2).key_derivation
        if derivation.algorithm == _PBKDF2:
            check_rounds(derivation.parameters.parse(_Pbkdf2).rounds)
        elif derivation.algorithm == _SCRYPT:
            scrypt = derivation.parameters.parse(_Scrypt)
            check_scrypt(scrypt.cost, scrypt.block_size, scrypt.parallelization)
        else:
            raise ValueError(derivation.algorithm.dotted_string)
    elif scheme.algorithm.dotted_string.startswith(_OLD):
        check_rounds(scheme.parameters.parse(_Pbe).rounds)
    else:
        raise ValueError(scheme.algorithm.dotted_string)


def check_rounds(rounds: int) -> None:
    """Refuse a number of rounds that takes too long.

    Raises:
        InputError: It is more than `MAX_ROUNDS`.
        ValueError: It is not a number of rounds.
    """
    if rounds < 1:
        raise ValueError(rounds)
    if rounds > MAX_ROUNDS:
        raise InputError(
            f"opening the key would take {rounds} rounds, more than the {MAX_ROUNDS} gone along with", _TO_DO
        )


def check_hash_rounds(rounds: int) -> None:
    """As `check_rounds`, for rounds that are counted in Python.

    Raises:
        InputError: It is more than `MAX_HASH_ROUNDS`.
        ValueError: It is not a number of rounds.
    """
    check_rounds(rounds)
    if rounds > MAX_HASH_ROUNDS:
        raise InputError(
            f"opening the key would take {rounds} rounds, more than the {MAX_HASH_ROUNDS} gone along with",
            _TO_DO,
        )


def check_scrypt(cost: int, size: int, lanes: int) -> None:
    """Refuse parameters of scrypt that take too much memory.

    RFC 7914, 2 and 6: N is a power of two above 1 and below 2^(16 r); memory is 128 N r, and 128 r p for the lanes.

    Args:
        cost: N.
        size: r.
        lanes: p.

    Raises:
        InputError: It is more than `MAX_MEMORY`.
        ValueError: They are not parameters of scrypt.
    """
    if min(cost - 1, size, lanes) < 1 or cost.bit_count() != 1 or cost.bit_length() > 16 * size:
        raise ValueError(cost)
    memory = 128 * size * cost
    if memory > MAX_MEMORY or lanes > _MAX_LANES or 128 * size * lanes > _MAX_LANE_MEMORY:
        raise InputError(
            f"opening the key would take scrypt with N={cost}, r={size}, p={lanes}, "
            f"more than the {MAX_MEMORY} bytes of memory gone along with",
            _TO_DO,
        )
