"""Advice on a request whose common name has a pair in the store: renewing that pair may be what is meant."""

from contextlib import suppress
from itertools import takewhile

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName, Finding, Fix, Level, worst_first
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.pairs.pair_name import numbered, pair_name
from csrtui.store.listed import pair_of
from csrtui.tasks.session import Session

_MAX_NUMBER = 16
"""Up to which number pairs of one name are read: the advice is given at each key that is typed."""


def with_pair_exists(session: Session, advice: Advice) -> Advice:
    """Return the advice with the finding `pair-exists`, if it applies."""
    finding = pair_exists(session, advice)
    if finding is None:
        return advice
    return advice._replace(findings=tuple(worst_first([*advice.findings, finding])))


def pair_exists(session: Session, advice: Advice) -> Finding | None:
    """Return the finding that a pair in use has this common name; None as well where the store cannot be read.

    A pair that is retired, or has been renewed, is not in use.
    """
    common_name = advice.subject.common_name
    if not common_name:
        return None
    try:
        base = pair_name(common_name)
        numbers = range(1, _MAX_NUMBER + 1)
        names = list(takewhile(session.store.has, (numbered(base, number) for number in numbers)))
        for listed in session.store.listing(names) if names else ():
            with suppress(StoreError):
                pair = pair_of(listed)
                if _is_in_use(pair.record, common_name):
                    return _finding(pair, common_name)
    except CsrtuiError:
        return None  # whoever makes the pair is told
    return None


def _is_in_use(record: PairRecord, common_name: str) -> bool:
    return (
        record.subject.common_name == common_name
        and record.stage is not Stage.RETIRED
        and not record.renewed_by
    )


def _finding(pair: Pair, common_name: str) -> Finding:
    text = (
        f"The pair {pair.name} for {visible(common_name)} exists (stage: {pair.record.stage.value}). "
        "To replace its certificate, renew that pair; this request makes a further pair."
    )
    fix = Fix(f"renew {pair.name} instead", renews=pair.name)
    return Finding("pair-exists", Level.WARNING, FieldName.COMMON_NAME, common_name, text, fix)
