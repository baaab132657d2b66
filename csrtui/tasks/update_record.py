"""Changing what is known of a pair, under its lock."""

from collections.abc import Callable

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.tasks.session import Session


def change_record(session: Session, name: str, change: Callable[[PairRecord], PairRecord]) -> PairRecord:
    """Read the record of a pair under its lock, change it, and keep it; return it as it is then.

    A change that leaves it the same writes nothing.

    Raises:
        InputError: There is no such pair.
        StoreError: It cannot be read or kept, or another process has it.
    """
    with session.store.change(name) as held:
        try:
            before = load_record(held.record)
        except StoreError as error:
            raise StoreError(f"{visible(session.store.pair_path(name))}: {error.what}", error.hint) from error
        after = change(before)
        if after != before:
            held.replace_record(dump_record(after))
    return after
