"""The faster import of cryptography's `x509`: its large pattern is compiled when it is used, and works."""

import importlib
import re
import subprocess
import sys
from types import ModuleType

import pytest

from csrtui.core.certificates import x509_import

LARGE, SMALL = "[\\x80-\U0010ffff]", "[a-z]"
REAL = """
import re, sys
compiled, compile_pattern = [], re.compile
re.compile = lambda pattern, flags=0: compiled.append(pattern) or compile_pattern(pattern, flags)
from {module} import x509
print(sum(chr(sys.maxunicode) in pattern for pattern in compiled if isinstance(pattern, str)))
print(x509.Name.from_rfc4514_string("CN=Z\\u00fcrich").rfc4514_string() == "CN=Z\\u00fcrich")
"""


class Library(ModuleType):
    """A library that compiles patterns when it is imported."""

    def __getattr__(self, name: str) -> object:
        return [re.compile(LARGE), re.compile(SMALL), re.compile(LARGE.encode())]


def test_only_the_large_pattern_is_compiled_later(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_pattern = re.compile
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "cryptography", Library("cryptography"))
        large, small, octets = importlib.reload(x509_import).x509
    importlib.reload(x509_import)
    assert re.compile is compile_pattern
    assert not isinstance(large, re.Pattern)
    assert large.match("ü")
    assert not large.match("u")
    assert small == re.compile(SMALL)
    assert octets == re.compile(LARGE.encode())


@pytest.mark.parametrize(
    ("module", "compiled"), [("cryptography", 1), ("csrtui.core.certificates.x509_import", 0)]
)
def test_the_import_compiles_no_large_pattern(module: str, compiled: int) -> None:
    """If cryptography itself compiles none, `x509_import` is no longer needed."""
    done = subprocess.run(
        [sys.executable, "-c", REAL.format(module=module)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(compiled), "True"]
