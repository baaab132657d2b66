"""Find the pair that configuration management keeps for a request: the pair itself, or the one to replace.

The pair of a request is the pair in use with the same name, whatever else has changed since it was made. A change of
the subject, names, key type or server software therefore creates a successor of the pair, not an unrelated pair.
"""

from itertools import count, takewhile
from typing import NamedTuple

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.pairs.pair import Pair, Stage
from csrtui.core.pairs.pair_name import check_pair_name, numbered_name, pair_name
from csrtui.tasks.existing_pairs import Identity
from csrtui.tasks.list import read_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session


class ManagedPair(NamedTuple):
    """The pair of a request.

    Attributes:
        new_name: The name that a new pair for the request would get.
        match: The pair in use that matches the request, or None.
        replaces: The pair in use that a new pair for the request would replace, or None. Set only without a match.
        former: A replaced pair that matches the request, or None. Two requests may then be replacing each other's pair.
    """

    new_name: str
    match: Pair | None = None
    replaces: Pair | None = None
    former: Pair | None = None


def find_managed_pair(
    session: Session, spec: RequestSpec, advice: Advice, *, name: str | None = None, same_key: bool = False
) -> ManagedPair:
    """Return the pair of a request.

    Args:
        session: The session of the store.
        spec: The request.
        advice: The advice on the request.
        name: The name of the pair, or None for the name derived from the first name of the request.
        same_key: Whether a new pair would keep the key, so that its type does not matter.

    Raises:
        InputError: `name` is not a valid pair name.
        RefusedError: Several pairs in use are equally close to the request.
        StoreError: The store cannot be used. Or no pair in use was found, but an unreadable pair could be one.
    """
    if name is None and not advice.title:
        return ManagedPair("")
    base = check_pair_name(name) if name is not None else pair_name(advice.title)
    wanted = Identity.of(spec, advice, encrypted=False)
    errors: list[StoreError] = []
    known = _with_successors(session, base, errors)
    candidates = _in_use(known)
    if not candidates and name is None:
        candidates = _in_use(_reordered(session, advice, errors))
    if not candidates and errors:
        raise errors[0]  # the unreadable pair could be the one in use

    def matches(pair: Pair) -> bool:
        return _differences(pair, wanted, same_key=same_key) == 0

    numbered = (numbered_name(base, number) for number in count(1))
    new_name = next(free for free in numbered if not session.store.has_pair(free))
    match = next(filter(matches, candidates), None)
    if match is not None:
        return ManagedPair(new_name, match)
    former = next((pair for pair in known if pair.record.stage is not Stage.RETIRED and matches(pair)), None)
    return ManagedPair(new_name, None, _closest(candidates, wanted, same_key=same_key), former)


def _closest(candidates: list[Pair], wanted: Identity, *, same_key: bool) -> Pair | None:
    """Return the pair with the fewest differences from a request, or None if there are no pairs."""
    by_difference: dict[int, list[Pair]] = {}
    for pair in candidates:
        by_difference.setdefault(_differences(pair, wanted, same_key=same_key), []).append(pair)
    closest = by_difference[min(by_difference)] if by_difference else []
    if len(closest) > 1:
        names = ", ".join(sorted(pair.name for pair in closest))
        raise RefusedError(
            f"several pairs in use could be the one to replace: {names}",
            "retire those that are no longer used, or name the pair",
        )
    return closest[0] if closest else None


def _differences(pair: Pair, wanted: Identity, *, same_key: bool) -> int:
    """Return the number of properties in which a pair differs from a request, apart from the key's encryption."""
    identity = Identity.of_record(pair.record)._replace(encrypted=wanted.encrypted)
    if same_key:
        identity = identity._replace(key_type=wanted.key_type)
    return sum(own != other for own, other in zip(identity, wanted, strict=True))


def _with_successors(session: Session, base: str, errors: list[StoreError]) -> list[Pair]:
    """Return the pairs with a name, with its numbered forms, and those that replace them under any other name.

    The errors of unreadable pairs are added to `errors`.
    """
    numbered = (numbered_name(base, number) for number in count(1))
    pending = list(takewhile(session.store.has_pair, numbered))
    pairs: dict[str, Pair] = {}
    for name in pending:  # grows with each successor
        if name in pairs:
            continue
        try:
            pair = pairs[name] = read_pair(session, name)[0]
        except StoreError as error:
            errors.append(error)
        except InputError:
            continue  # removed meanwhile
        else:
            pending += [pair.record.renewed_by] if pair.record.renewed_by else []
    return list(pairs.values())


def _reordered(session: Session, advice: Advice, errors: list[StoreError]) -> list[Pair]:
    """Return the pairs of the further names that cover the first name: the same names in another order."""
    return [
        pair
        for name in advice.covered_names[1:]
        for pair in _with_successors(session, pair_name(name), errors)
        if advice.title in pair.record.names
    ]


def _in_use(pairs: list[Pair]) -> list[Pair]:
    """Return the pairs that are neither retired nor replaced, even if the old pair does not record its successor."""
    current = [pair for pair in pairs if pair.record.stage is not Stage.RETIRED]
    replaced = {pair.record.renews for pair in current}
    return [pair for pair in current if not pair.record.renewed_by and pair.name not in replaced]
