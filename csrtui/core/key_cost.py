"""What opening an encrypted key would cost, read before it is paid: a file from elsewhere can ask for anything."""

from typing import Final

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from csrtui.core.errors import InputError

MAX_ROUNDS: Final = 10_000_000
"""The most PBKDF2 rounds gone along with: about a second."""
MAX_MEMORY: Final = 256 * 1024 * 1024
"""The most bytes of memory that scrypt may ask for."""

_PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
_PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.12")
_SCRYPT = ObjectIdentifier("1.3.6.1.4.1.11591.4.11")
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
            _judge_rounds(derivation.parameters.parse(_Pbkdf2).rounds)
        elif derivation.algorithm == _SCRYPT:
            _judge_memory(derivation.parameters.parse(_Scrypt))
        else:
            raise ValueError(derivation.algorithm.dotted_string)
    elif scheme.algorithm.dotted_string.startswith(_OLD):
        _judge_rounds(scheme.parameters.parse(_Pbe).rounds)
    else:
        raise ValueError(scheme.algorithm.dotted_string)


def _judge_rounds(rounds: int) -> None:
    if not 0 < rounds <= MAX_ROUNDS:
        raise InputError(
            f"opening the key would take {rounds} rounds of PBKDF2, more than the {MAX_ROUNDS} gone along with",
            "somebody made it to keep this machine busy, or it is damaged",
        )


def _judge_memory(parameters: _Scrypt) -> None:
    memory = 128 * parameters.cost * parameters.block_size
    if not 0 < memory <= MAX_MEMORY or not 0 < parameters.parallelization <= 16:  # noqa: PLR2004 - lanes one after the other
        raise InputError(
            f"opening the key would take {memory} bytes of memory, more than the {MAX_MEMORY} gone along with",
            "somebody made it to keep this machine busy, or it is damaged",
        )
