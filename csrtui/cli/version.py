"""``csrtui --version``: print the versions of csrtui, its libraries and its public suffix list."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from csrtui import __version__
from csrtui.cli.output import print_line
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.store.package_data import read_public_suffix_list

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_MINIMUM = re.compile(r">=([0-9.]+)")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']*)["']""")
_DEVELOPMENT_EXTRAS = frozenset({"test"})
"""Extras that csrtui itself never imports."""


def find_unsupported_package() -> str | None:
    """Return a message about a required package that is missing or too old, or None."""
    for requirement in _requirements():
        name, minimum = _NAME.match(requirement), _MINIMUM.search(requirement)
        if name is None or minimum is None or ";" in requirement:  # the extras are optional
            continue
        try:
            installed = version(name[0])
        except PackageNotFoundError:
            return f"the package {name[0]} is not installed"
        if _numbers(installed) < _numbers(minimum[1]):
            return f"csrtui needs {name[0]} {minimum[1]} or later, and {installed} is installed"
    return None


def _numbers(text: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", text)]


def print_version() -> int:
    """Print the versions, one per line, and return the exit status."""
    print_line(f"csrtui {__version__}")
    for line in _version_lines():
        print_line(f"  {line}")
    print_line(
        f"  public suffix list of {SuffixList.parse(read_public_suffix_list()).version[:10] or 'unknown date'}"
    )
    return 0


def _requirements() -> list[str]:
    """Return the required packages (PEP 508), or none if csrtui runs from a folder that was never installed."""
    try:
        return requires("csrtui") or []
    except PackageNotFoundError:
        return []


def _version_lines() -> Iterator[str]:
    """Yield a line for each required package, without packages of extras that are not installed."""
    for requirement in _requirements():
        name, extra = _NAME.match(requirement), _EXTRA.search(requirement)
        if name is None or (extra and extra[1] in _DEVELOPMENT_EXTRAS):
            continue
        try:
            yield f"{name[0]} {version(name[0])}"
        except PackageNotFoundError:
            if extra is None:
                yield f"{name[0]} not installed"
