"""Open the session of a command."""

import argparse
import os

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.store.keystore import Keystore
from csrtui.store.location import store_path, store_source
from csrtui.tasks.session import Session


def open_session(options: argparse.Namespace) -> Session:
    """Return the session for the store that the options or the environment name.

    Raises:
        InputError: The name of the store is empty.
    """
    return Session(Keystore(store_path(options.store, os.environ)))


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
