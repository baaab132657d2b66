"""Handing out the CSR, and remembering that it went to a CA."""

from dataclasses import replace

from csrtui.core.errors import StoreError
from csrtui.core.pair import Pair
from csrtui.core.pair_json import dump_record, load_record
from csrtui.tasks.review import read_pair
from csrtui.tasks.session import Session


def csr_pem(session: Session, name: str) -> tuple[Pair, bytes]:
    """Return a pair and its CSR in PEM, which is the one on record.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    from csrtui.core import request

    pair, asked = read_pair(session, name)
    return pair, request.to_pem(asked.der)


def mark_submitted(session: Session, pair: Pair) -> Pair:
    """Note in the pair's record that its CSR went to a CA now.

    Raises:
        StoreError: The record cannot be changed.
    """
    with session.store.change(pair.name) as change:
        try:
            record = load_record(change.record).marked_submitted(session.clock(), session.user)
        except StoreError as error:
            raise StoreError(f"{pair.path}: {error.what}", error.hint) from error
        change.replace_record(dump_record(record))
    return replace(pair, record=record)
