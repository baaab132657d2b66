"""The session that every task works with (store, clock, user, reference data), and updates of a pair's record."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair_json import dump_record, load_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from csrtui.core.names.public_suffixes import SuffixList
    from csrtui.core.pairs.pair import PairRecord
    from csrtui.store.keystore import Keystore


def utc_now() -> datetime:
    """The time now, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


class Session:
    """One run of csrtui on one store.

    Args:
        store: The keystore.
        clock: Says what time it is; only tests and pictures give another than `utc_now`.
        generate_key: Makes private keys; only tests and pictures give another than `keys.generate`.
        entropy: Gives that many fresh random bytes.
        user: Who it is, for the history; by default the user that the process runs as.
    """

    def __init__(
        self,
        store: Keystore,
        *,
        clock: Callable[[], datetime] = utc_now,
        generate_key: key_types.KeyGenerator = key_types.generate,
        entropy: Callable[[int], bytes] = os.urandom,
        user: str | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.generate_key = generate_key
        self.entropy = entropy
        self._user = user

    @cached_property
    def suffixes(self) -> SuffixList:
        """The public suffix list, read when it is first needed."""
        from csrtui.core.names.public_suffixes import SuffixList
        from csrtui.store.reference_data import public_suffix_text

        return SuffixList.parse(public_suffix_text())

    @cached_property
    def user(self) -> str:
        """The user's name on this machine, or the number where it has none."""
        if self._user is not None:
            return self._user
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return str(os.getuid())


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
