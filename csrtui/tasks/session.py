"""Provide every task with a store, a clock, a user and reference data, and change the records of pairs."""

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

    from csrtui.core.config.policy import Policy
    from csrtui.core.config.settings import Profile
    from csrtui.core.names.public_suffixes import SuffixList
    from csrtui.core.pairs.pair import PairRecord
    from csrtui.store.keystore import Keystore


def utc_now() -> datetime:
    """Return the current time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


class Session:
    """One run of csrtui on one store.

    Args:
        clock: Returns the current time. Only tests and screenshots replace the default.
        generate_key: Generates private keys. Only tests and screenshots replace the default.
        entropy: Returns the given number of random bytes.
        user: The user name for the history, by default that of the user who runs the process.
        defaults: The values of an empty request form, or None.
    """

    def __init__(
        self,
        store: Keystore,
        *,
        clock: Callable[[], datetime] = utc_now,
        generate_key: key_types.KeyGenerator = key_types.generate,
        entropy: Callable[[int], bytes] = os.urandom,
        user: str | None = None,
        defaults: Profile | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.generate_key = generate_key
        self.entropy = entropy
        self.defaults = defaults
        self._user = user

    @property
    def is_dry_run(self) -> bool:
        """Whether this is a dry run, which writes nothing to the store or elsewhere."""
        return self.store.is_dry_run

    @cached_property
    def suffixes(self) -> SuffixList:
        """The public suffix list, read on first use."""
        from csrtui.core.names.public_suffixes import SuffixList
        from csrtui.store.package_data import read_public_suffix_list

        return SuffixList.parse(read_public_suffix_list())

    @cached_property
    def policy(self) -> Policy:
        """The policy of this machine, read on first use."""
        from csrtui.tasks.settings import load_policy

        return load_policy()

    @cached_property
    def user(self) -> str:
        """The user name, or the user ID if it has no name."""
        from csrtui.store.locks import user_name

        return user_name(os.getuid()) if self._user is None else self._user


def dry_run_session(path: str) -> Session:
    """Return a session on the store at `path` that checks everything and writes nothing.

    New keys are discarded, so an EC key takes the place of an RSA key, which would take seconds to generate.
    """
    from csrtui.store.dry_run import DryRunKeystore

    def generate_key(key_type: key_types.KeyType) -> key_types.PrivateKey:
        is_slow = key_type.value.startswith("rsa")
        return key_types.generate(key_types.KeyType.EC_P256 if is_slow else key_type)

    return Session(DryRunKeystore(path), generate_key=generate_key)


def csrtui_command(session: Session, action: str, *arguments: str) -> str:
    """Return a csrtui command to enter in a shell. It names the store of the session unless that is the default store."""
    from csrtui.core.doctor.finding import command, csrtui
    from csrtui.store.store_location import store_argument

    return command(*csrtui(action, *arguments)).for_store(store_argument(session.store.path)).text


def change_record(session: Session, name: str, change: Callable[[PairRecord], PairRecord]) -> PairRecord:
    """Lock a pair, apply a change to its record, write the new record and return it.

    The record is not written if it has not changed.

    Raises:
        InputError: The pair does not exist.
        StoreError: The record cannot be read or written, or another process holds the lock.
    """
    with session.store.change(name) as locked:
        try:
            before = load_record(locked.record)
        except StoreError as error:
            message = f"{visible(session.store.pair_path(name))}: {error.message}"
            raise StoreError(message, error.hint) from error
        after = change(before)
        if after != before:
            locked.replace_record(dump_record(after))
    return after
