"""Paths of the files that tests read. `tests/data/README.md` names their origins and licences."""

from __future__ import annotations

import json
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
CERTBOT_CSRS = DATA / "csr-certbot"
IDNA_CASES = DATA / "IdnaTestV2-15.0.0.txt"
PUBLIC_SUFFIX_CHECKS = DATA / "test_psl.txt"


def naughty_strings() -> list[str]:
    """Return the big list of naughty strings."""
    strings: list[str] = json.loads((DATA / "blns.json").read_text(encoding="utf-8"))
    return strings
