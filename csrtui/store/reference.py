"""Data that other packages keep up to date, read as it lies on the disk."""

import os
from importlib.util import find_spec

from csrtui.core.errors import StoreError


def public_suffix_text() -> str:
    """Return the public suffix list that the installed `publicsuffixlist` package carries.

    Raises:
        StoreError: The package or its data file is not there.
    """
    spec = find_spec("publicsuffixlist")
    if spec is None or spec.origin is None:
        raise StoreError("the package publicsuffixlist is not installed", "install csrtui again")
    path = os.path.join(os.path.dirname(spec.origin), "public_suffix_list.dat")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise StoreError(f"the public suffix list cannot be read: {path}", "install csrtui again") from error
