"""Benchmark: commands on a store with a few pairs, as a user waits for them at the prompt."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from measure import CSRTUI, seconds, side_by_side
from new import X509
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Options

_PAIRS = 12
_BARE = (sys.executable, "-c", "")


def rows(options: Options) -> Iterator[Row]:
    """Yield a row for each command, compared with Python alone or with Python that only imports `x509`."""
    own = (*CSRTUI, "--store", str(options.folder("store")))
    names = [f"www{number}.example-shop.com" for number in range(_PAIRS)]
    for name in names:
        seconds((*own, "new", name), options)
    python, x509 = (_BARE, "Python without imports"), (X509, "Python that only imports x509")
    for (beside, against), arguments in (
        (python, ["--help"]),
        (python, ["list"]),
        (python, ["list", "--json"]),
        (python, ["show", names[0]]),
        (x509, ["csr", names[0]]),
        (x509, ["check", "www.example-shop.com"]),
    ):
        base, figure = side_by_side([beside, (*own, *arguments)], options)
        shown = " ".join(argument if argument not in names else "PAIR" for argument in arguments)
        yield Row(f"csrtui {shown}, {_PAIRS} pairs", figure, against=against, base=base)
