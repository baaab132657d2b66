"""A process that adopts a key with its CSR and certificate, so that a test can kill it or make it fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SCRIPT = os.path.abspath(__file__)
ROOT = Path(SCRIPT).parents[2]


def command(store: str, folder: str) -> list[str]:
    """Return the command that adopts the files in a folder."""
    return [sys.executable, "-I", "-B", SCRIPT, store, folder]


def main(store: str, folder: str) -> None:
    """Adopt ``key``, ``csr`` and ``cert`` of a folder."""
    sys.path[:0] = [str(ROOT), os.path.dirname(SCRIPT)]
    from requests_made import NOW
    from store_process import mark

    from csrtui.core.base.errors import RefusedError
    from csrtui.core.certificates.chain import build_chain
    from csrtui.core.certificates.csr import proves_possession
    from csrtui.core.certificates.path_validation import validate_chain
    from csrtui.store.keystore import Keystore
    from csrtui.tasks.adopt.adopt import AdoptionSpec, adopt, plan
    from csrtui.tasks.adopt.match import match
    from csrtui.tasks.adopt.search import read_files
    from csrtui.tasks.session import Session

    session = Session(Keystore(store), user="joe", clock=lambda: NOW)  # every run makes the same calls
    for known in match(session, read_files(f"{folder}/key", f"{folder}/csr", [f"{folder}/cert"])).candidates:
        # import everything now, so that a fault hits the work and not the interpreter
        if known.csr and known.certificate and proves_possession(known.key, known.csr):
            validate_chain(build_chain(known.certificate, known.pool, NOW), NOW)
    mark()
    found = read_files(f"{folder}/key", f"{folder}/csr", [f"{folder}/cert"])
    planned = plan(found, match(session, found))
    for refused in planned.failures:
        raise RefusedError(refused.text)
    for candidate in planned.candidates:
        adopt(session, candidate, AdoptionSpec())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - the test reads the error
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(getattr(error, "exit_code", 70))
