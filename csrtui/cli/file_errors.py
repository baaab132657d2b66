"""Errors about what is in a file name the file, also where what reads it was given bytes alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the path of a file before what is wrong with it, where it is not said already."""
    try:
        yield
    except InputError as error:
        if visible(path) in visible(error.what):
            raise
        raise type(error)(f"{visible(path)}: {error.what}", error.hint) from error
    except RefusedError as error:
        if visible(path) in visible(error.what):
            raise
        raise RefusedError(f"{visible(path)}: {error.what}", error.hint, pair=error.pair) from error
