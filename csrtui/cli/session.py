"""The session that a command works in."""

import argparse
import os

from csrtui.store.keystore import Keystore
from csrtui.store.location import store_path
from csrtui.tasks.session import Session


def open_session(options: argparse.Namespace) -> Session:
    """Return the session on the store that the options, or the environment, name.

    Raises:
        InputError: What names the store is empty.
    """
    return Session(Keystore(store_path(options.store, os.environ)))
