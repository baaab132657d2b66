"""Check the cost of decrypting a key before decrypting it, because an untrusted file can demand any amount of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from csrtui.core.base.asn1 import INTEGER, OID, SEQUENCE, BerError, Node, read_node
from csrtui.core.base.errors import InputError

MAX_ITERATIONS: Final = 10_000_000
"""Upper limit on PBKDF2 iterations (about one second)."""
MAX_HASH_ITERATIONS: Final = 2_000_000
"""Upper limit on hash iterations for PKCS #12 and PBES1 derivations (about one second). NSS uses 600,000."""
MAX_MEMORY: Final = 256 * 1024 * 1024
"""Upper limit on the memory that scrypt needs, in bytes."""
MAX_FILE_COST: Final = 4
"""Upper limit on the work for all keys in a file, as a multiple of the limit for one key."""
_MAX_LANES: Final = 16
_MAX_LANE_MEMORY: Final = MAX_MEMORY // 16
"""Upper limit on the total memory of all lanes, in bytes. OpenSSL allocates it in addition to `MAX_MEMORY`."""

_costs: ContextVar[list[float] | None] = ContextVar("costs", default=None)
"""The cost of each derivation for the current file so far, or None outside of `file_budget`."""

PBES2, PBKDF2, SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
"""The object identifiers of PBES2 and its key derivations (RFC 8018, C; RFC 7914, 7)."""
_HINT = "the file is damaged, or was crafted to keep this machine busy"
_OLD_SCHEMES = "1.2.840.113549.1."
"""The prefix of the PBES1 schemes (RFC 8018, A.3) and the PKCS #12 schemes (RFC 7292, C). Their parameters are a salt
and an iteration count."""


@contextmanager
def file_budget() -> Iterator[None]:
    """Limit the work of all key derivations in the block to `MAX_FILE_COST`, because one file can contain many keys.

    In the block, the functions of this module raise `InputError` when the total cost exceeds the limit.
    """
    token = _costs.set([])
    try:
        yield
    finally:
        _costs.reset(token)


def _add_cost(cost: float) -> None:
    """Add the cost of a derivation to the total for the file. A cost of 1 is the limit for one key."""
    costs = _costs.get()
    if costs is None:
        return
    if sum(costs) + cost > MAX_FILE_COST:
        raise InputError(
            "not opened: opening all keys in this file would take too long",
            "save the key in a file of its own; if the file has no other key, it was crafted to keep this machine busy",
        )
    costs.append(cost)


def check_cost(der: bytes) -> None:
    """Refuse an EncryptedPrivateKeyInfo that would cost too much to decrypt, or whose cost cannot be read.

    Raises:
        InputError: The data is not an EncryptedPrivateKeyInfo (RFC 5958, 3), uses an unknown scheme, or costs too much.
    """
    try:
        info = read_node(der)
        if info.end != len(der):
            raise BerError("there is data after the key")
        _check_scheme(info.child(0, SEQUENCE))
    except ValueError as error:
        raise InputError(
            "the encrypted private key cannot be read: it is damaged, or its scheme is not supported"
        ) from error


def _check_scheme(scheme: Node) -> None:
    """Check the cost of an encryption scheme. Raise `ValueError` if the scheme is malformed or unknown."""
    oid, parameters = _parts(scheme)
    if oid == PBES2:
        kdf, parameters = _parts(parameters.child(0, SEQUENCE))
        if kdf == PBKDF2:
            check_iterations(parameters.child(1, INTEGER).integer)
        elif kdf == SCRYPT:
            check_scrypt(*(parameters.child(index, INTEGER).integer for index in (1, 2, 3)))
        else:
            raise ValueError(kdf)
    elif oid.startswith(_OLD_SCHEMES):
        check_iterations(parameters.child(1, INTEGER).integer)
    else:
        raise ValueError(oid)


def _parts(algorithm: Node) -> tuple[str, Node]:
    """Return the object identifier and the parameters of an AlgorithmIdentifier."""
    return algorithm.child(0, OID).oid or "", algorithm.child(1, SEQUENCE)


def check_iterations(iterations: int, blocks: int = 1, limit: int | None = None) -> None:
    """Refuse an iteration count that would take too long.

    Args:
        iterations: The number of iterations.
        blocks: The number of blocks in the derived key. Each block takes all iterations.
        limit: `MAX_HASH_ITERATIONS` for PKCS #12 and PBES1, which run in Python and are slower. None means
            `MAX_ITERATIONS`.

    Raises:
        InputError: The count is above the limit.
        ValueError: The count is less than 1.
    """
    limit = MAX_ITERATIONS if limit is None else limit
    if iterations < 1:
        raise ValueError(iterations)
    if iterations > limit:
        raise InputError(
            f"opening the key needs {iterations} iterations, which exceeds the limit of {limit}", _HINT
        )
    _add_cost(blocks * iterations / limit)


def check_scrypt(cost: int, block_size: int, lanes: int) -> None:
    """Refuse parameters of scrypt that need too much memory.

    N must be a power of two above 1 and below 2^(16 r). scrypt needs 128 N r bytes, and 128 r p bytes for the lanes
    (RFC 7914, 2 and 6). The arguments are N, r and p in this order.

    Raises:
        InputError: The parameters need more than `MAX_MEMORY`.
        ValueError: The parameters are not valid for scrypt.
    """
    if min(cost - 1, block_size, lanes) < 1 or cost.bit_count() != 1 or cost.bit_length() > 16 * block_size:
        raise ValueError(cost)
    memory, lane_memory = 128 * block_size * cost, 128 * block_size * lanes
    if memory > MAX_MEMORY or lanes > _MAX_LANES or lane_memory > _MAX_LANE_MEMORY:
        raise InputError(
            f"opening the key needs scrypt with N={cost}, r={block_size}, p={lanes}, "
            f"which exceeds the memory limit of {MAX_MEMORY} bytes",
            _HINT,
        )
    _add_cost(memory * lanes / MAX_MEMORY)
