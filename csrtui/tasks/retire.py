"""Mark pairs as no longer used. Nothing is deleted."""

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
    text = "retired; its key, its CSR and its certificates stay where they are"

    def mark(record: PairRecord) -> PairRecord:
        nonlocal text
        if record.retired:
            text = "was retired already"
            return record
        return record.with_retirement(session.clock(), session.user)

    try:
        change_record(session, name, mark)
    except InputError as error:
        return Result(ok=False, pair=visible(name), text=error.message)
    return Result(ok=True, pair=name, text=text)
