"""What a listing has read, as a pair."""

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import load_record
from csrtui.store.stored_pair import Listed


def pair_of(listed: Listed) -> Pair:
    """Return the pair whose record a listing has read.

    Raises:
        StoreError: The pair cannot be read, as the listing found, or its record is damaged.
    """
    if isinstance(listed.record, StoreError):
        raise listed.record
    try:
        record = load_record(listed.record)
    except StoreError as error:
        raise StoreError(f"{visible(listed.path)}: {error.what}", error.hint) from error
    return Pair(listed.name, listed.path, record, has_certificate=listed.has_certificate)
