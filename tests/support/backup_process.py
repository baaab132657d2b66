"""A process that backs up or restores a pair, so that a test can kill it or make it fail."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

SCRIPT = os.path.abspath(__file__)
ROOT = Path(SCRIPT).parents[2]


def command(*arguments: str) -> list[str]:
    """Return the command that runs a program of this file."""
    return [sys.executable, "-I", "-B", SCRIPT, *arguments]


def main(action: str, store: str, path: str, start: str | None = None) -> None:
    """Back up ``a.com`` to the folder `path`, or restore the file `path`.

    With `start`, say that it is ready, and wait until that file can be locked.
    """
    sys.path[:0] = [str(ROOT), os.path.dirname(SCRIPT)]
    from backups_made import PASSPHRASE, QUICK
    from pairs_made import restore
    from requests_made import NOW
    from store_process import mark

    from csrtui.core.keys import pkcs8
    from csrtui.store.keystore import Keystore
    from csrtui.tasks.backup import BackupSpec, back_up
    from csrtui.tasks.session import Session

    pkcs8.ITERATIONS = QUICK
    session = Session(Keystore(store), user="joe", clock=lambda: NOW)  # every run makes the same calls
    if start is not None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with open(start, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
    mark()
    if action == "back-up":
        back_up(session, "a.com", BackupSpec(path, PASSPHRASE, PASSPHRASE))
    else:
        restore(session, path, PASSPHRASE)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - the test reads the error
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(getattr(error, "exit_code", 70))
