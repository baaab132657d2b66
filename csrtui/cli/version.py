"""``csrtui --version``: csrtui, what it relies on, and how old its lists are."""

from importlib.metadata import PackageNotFoundError, version

from csrtui import __version__
from csrtui.cli.output import put
from csrtui.core.suffixes import SuffixList
from csrtui.store.reference import public_suffix_text

_RELIES_ON = ("cryptography", "textual", "platformdirs", "publicsuffixlist", "idna", "iso3166", "tomlkit")


def print_version() -> int:
    """Print the versions, a line each; return the exit status."""
    put(f"csrtui {__version__}")
    for package in _RELIES_ON:
        try:
            put(f"  {package} {version(package)}")
        except PackageNotFoundError:
            put(f"  {package} not installed")
    put(f"  public suffix list of {SuffixList.parse(public_suffix_text()).version[:10] or 'unknown date'}")
    return 0
