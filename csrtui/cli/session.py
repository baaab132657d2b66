"""Open the session of a command."""

import argparse
import os

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.store.keystore import Keystore
from csrtui.store.location import store_path, store_source
from csrtui.tasks.session import Session, dry_run_session


def add_dry_run_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes `open_session` return a session that writes nothing."""
    parser.add_argument(
        "--dry-run", action="store_true", help="check everything, show what would be done, and write nothing"
    )


def is_dry_run(options: argparse.Namespace) -> bool:
    """Return whether the command may write nothing. Commands that write nothing do not have the option."""
    return getattr(options, "dry_run", False)


def open_session(options: argparse.Namespace) -> Session:
    """Return the session for the store that the options or the environment name.

    With ``--dry-run``, the session writes nothing.

    Raises:
        InputError: The name of the store is empty.
    """
    path = store_path(options.store, os.environ)
    return dry_run_session(path) if is_dry_run(options) else Session(Keystore(path))


def open_existing_session(options: argparse.Namespace) -> Session:
    """Return the session for a command that needs pairs or examines the store.

    If the default store does not exist, it is treated as a store without pairs.

    Raises:
        InputError: The name of the store is empty.
        StoreError: The options or the environment name a store that does not exist.
    """
    session = open_session(options)
    source = store_source(options.store, os.environ)
    if source is not None and not session.store.exists():
        raise StoreError(
            f"there is no keystore at {visible(session.store.path)} ({source})",
            f"correct {source}; csrtui new, adopt and restore create a keystore",
        )
    return session
