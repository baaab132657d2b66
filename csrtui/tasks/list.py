"""Looking at what is in the store."""

from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Pair, urgency
from csrtui.core.pairs.pair_json import load_record
from csrtui.store.keystore import Listed
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Request


class UnreadablePair(NamedTuple):
    """A pair that is in the store but cannot be read."""

    name: str
    error: StoreError


class Keyring(NamedTuple):
    """All pairs of the store.

    Attributes:
        pairs: Those that can be read, what wants attention first.
        problems: The others, with the reason.
    """

    pairs: tuple[Pair, ...]
    problems: tuple[UnreadablePair, ...] = ()


def list_pairs(session: Session) -> Keyring:
    """Read the record of every pair; one that cannot be read does not hide the others.

    Raises:
        StoreError: The store itself cannot be used.
    """
    pairs, problems = [], []
    for listed in session.store.listing():
        try:
            pairs.append(_pair(listed))
        except StoreError as error:
            problems.append(UnreadablePair(listed.name, error))
    now = session.clock()
    return Keyring(tuple(sorted(pairs, key=lambda pair: urgency(pair, now))), tuple(problems))


def read_pair(session: Session, name: str) -> "tuple[Pair, Request]":
    """Return a pair and what its CSR says, having seen that the CSR is the one on record.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    from csrtui.core.certificates import csr  # a listing does without

    stored = session.store.read(name)
    try:
        record = load_record(stored.record)
        asked = csr.read_pem(stored.request)
    except (StoreError, InputError) as error:  # here a request that cannot be read is damage
        raise _located(error, stored.path) from error
    if asked.sha256 != record.request.sha256:
        raise StoreError(
            f"{visible(stored.path)}/request.pem is not the request that was made with this key",
            "do not submit it; look at who changed it, or restore the pair",
        )
    return Pair(name, stored.path, record, has_certificate=stored.certificate is not None), asked


def _pair(listed: Listed) -> Pair:
    if isinstance(listed.record, StoreError):
        raise listed.record
    try:
        record = load_record(listed.record)
    except StoreError as error:
        raise _located(error, listed.path) from error
    return Pair(listed.name, listed.path, record, has_certificate=listed.has_certificate)


def _located(error: CsrtuiError, path: str) -> StoreError:
    return StoreError(f"{visible(path)}: {error.what}", error.hint)
