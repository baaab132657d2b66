"""The guide: for every platform, useful before there is a request, and fit for a terminal of 80 columns."""

from __future__ import annotations

import itertools
import re

import pytest

from csrtui.core.guide import guide_lines, platform_lines
from csrtui.core.platforms import PLATFORMS
from csrtui.core.servers import SERVERS


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=list(PLATFORMS))
def test_it_says_what_is_to_be_known_before_the_request_and_after(platform: object) -> None:
    from csrtui.core.platforms import Platform

    assert isinstance(platform, Platform)
    text = " ".join(" ".join(guide_lines(platform)).split())
    server = SERVERS[platform.id]
    assert text.startswith(platform.label)
    for wanted in (platform.key_type.label, server.form.value, server.chain, server.old_csr_reason):
        assert wanted in text
    for note in server.notes:
        assert note in text
    assert f"The documentation of the vendor has the last word: {server.documentation}." in text
    assert not re.search(r"@[a-z_]+@|\[\[", text)


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_is_prose_fits_into_80_columns(name: str) -> None:
    lines = guide_lines(PLATFORMS[name])
    assert all(len(line) < 80 for line in lines if not line.startswith("  "))
    assert all(line.isprintable() and line == line.rstrip() for line in lines)
    assert not any(first == second == "" for first, second in itertools.pairwise(lines))


def test_the_list_names_every_platform_once_and_what_it_takes() -> None:
    rows = platform_lines()
    assert [row[0] for row in rows] == list(PLATFORMS)
    assert ("iis", "Microsoft IIS", "PKCS #12 (PFX)") in rows
    assert ("nginx", "nginx", "PEM") in rows
