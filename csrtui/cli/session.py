"""Open the session of a command."""

import argparse
import os
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.store.keystore import Keystore
from csrtui.store.store_location import store_path, store_source
from csrtui.tasks.session import Session, dry_run_session

if TYPE_CHECKING:
    from csrtui.tasks.settings import Settings


def add_dry_run_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes `open_session` return a session that writes nothing."""
    parser.add_argument(
        "--dry-run", action="store_true", help="check everything, show what would be done, and write nothing"
    )


def is_dry_run(options: argparse.Namespace) -> bool:
    """Return whether the command must not write anything. Commands that never write do not have the option."""
    return getattr(options, "dry_run", False)


def load_settings(*, with_own: bool = True) -> "Settings":
    """Return the configuration, and print a warning for each file that is ignored because it cannot be used.

    Args:
        with_own: Whether to read the user's own file too, and not only the site-wide files.
    """
    from csrtui.cli.output import print_message
    from csrtui.tasks import settings

    try:
        loaded = settings.load_settings(os.environ, with_own=with_own)
    except InputError as error:  # no option asks for the file, so its mistake stops no command
        print_message(f"warning: {error.message}; the file is ignored")
        loaded = settings.load_settings(os.environ, with_own=False)
    for problem in loaded.problems:
        print_message(f"warning: {problem.error.message}")
        if problem.error.hint:
            print_message(f"  fix: {problem.error.hint}")
    return loaded


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
