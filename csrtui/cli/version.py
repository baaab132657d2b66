"""``csrtui --version``: csrtui, what it relies on, and of which day the public suffix list is."""

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from csrtui import __version__
from csrtui.cli.output import put
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.store.reference_data import public_suffix_text

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']*)["']""")
_NOT_RELIED_ON = frozenset({"test"})
"""Extras that csrtui itself never imports."""


def print_version() -> int:
    """Print the versions, a line each; return the exit status."""
    put(f"csrtui {__version__}")
    for line in _lines(_required()):
        put(f"  {line}")
    put(f"  public suffix list of {SuffixList.parse(public_suffix_text()).version[:10] or 'unknown date'}")
    return 0


def _required() -> list[str]:
    """What the package itself says that it requires, as PEP 508 writes it."""
    try:
        return requires("csrtui") or []
    except PackageNotFoundError:  # run from a folder that was never installed
        return []


def _lines(required: Iterable[str]) -> Iterable[str]:
    """A line for each package; what only an extra requires stands there if it is installed."""
    for one in required:
        name, extra = _NAME.match(one), _EXTRA.search(one)
        if name is None or (extra and extra[1] in _NOT_RELIED_ON):
            continue
        try:
            yield f"{name[0]} {version(name[0])}"
        except PackageNotFoundError:
            if extra is None:
                yield f"{name[0]} not installed"
