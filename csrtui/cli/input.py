"""Read the files that a user names for a command."""

import sys

from csrtui.core.base.errors import InputError
from csrtui.store.files import MAX_FOREIGN_BYTES, read_foreign


def read_input(file: str) -> bytes:
    """Return the contents of a file, or of standard input if `file` is ``-``.

    Standard input is read up to one byte above the limit, so that the reader rejects a text that is too large.

    Raises:
        InputError: The file cannot be read, or standard input is closed.
    """
    if file != "-":
        return read_foreign(file)
    if sys.stdin is None:
        raise InputError("standard input is closed", "use the name of a file")
    return sys.stdin.buffer.read(MAX_FOREIGN_BYTES + 1)
