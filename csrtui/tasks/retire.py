"""Mark pairs as no longer used, or undo this. Nothing is deleted."""

from collections.abc import Callable

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import PairRecord
from csrtui.tasks.batch import Result
from csrtui.tasks.session import Session, change_record


def retire(session: Session, name: str) -> Result:
    """Mark a pair as no longer used, unless it is already marked, and return the result.

    Raises:
        StoreError: The store cannot be used.
    """
    done = "would be retired" if session.is_dry_run else "retired"
    text = f"{done}; its key, its CSR and its certificates stay where they are"

    def mark(record: PairRecord) -> PairRecord:
        nonlocal text
        if record.retired:
            text = "was retired already"
            return record
        return record.with_retirement(session.clock(), session.user)

    return _change(session, name, mark) or Result(ok=True, pair=name, text=text)


def undo_retirement(session: Session, name: str) -> Result:
    """Mark a retired pair as used again, and return the result. A pair that is not retired does not change.

    Raises:
        StoreError: The store cannot be used.
    """
    ok, text = True, "would be in use again" if session.is_dry_run else "in use again"

    def unmark(record: PairRecord) -> PairRecord:
        nonlocal ok, text
        if record.compromised:
            ok, text = False, "its key is marked as compromised: it is never used again"
            return record
        if record.retired is None:
            text = "is not retired; nothing changed"
            return record
        return record.without_retirement(session.clock(), session.user)

    return _change(session, name, unmark) or Result(ok=ok, pair=name, text=text)


def _change(session: Session, name: str, change: Callable[[PairRecord], PairRecord]) -> Result | None:
    """Change the record of a pair. Return a result only if the pair does not exist."""
    try:
        change_record(session, name, change)
    except InputError as error:
        return Result(ok=False, pair=visible(name), text=error.message)
    return None
