"""The guide: for every platform, useful before there is a request, and fit for a terminal of 80 columns."""

from __future__ import annotations

import itertools
import re

import pytest
from exports_made import material

from csrtui.core.servers.deployment import plan
from csrtui.core.servers.guide import guide_lines, plan_lines, platform_lines
from csrtui.core.servers.platforms import PLATFORMS, Platform
from csrtui.core.servers.table import SERVERS


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=list(PLATFORMS))
def test_it_says_what_is_to_be_known_before_the_request_and_after(platform: object) -> None:
    from csrtui.core.servers.platforms import Platform

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


@pytest.mark.parametrize("width", [24, 38, 79])
def test_text_keeps_to_the_width_asked_for_unless_a_word_or_a_line_to_be_copied_is_longer(width: int) -> None:
    for line in guide_lines(PLATFORMS["nginx"], "/t", width):
        is_copied = line.startswith("  ") and not line.startswith(" " * 13)
        assert len(line) <= width or is_copied or max(map(len, line.split())) > width - 13, line


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_what_will_be_written_is_said_with_the_real_paths(platform: Platform) -> None:
    server = SERVERS[platform.id]
    given = material()
    planned = plan(server, given.pair, given.domain, given.certificates, "/srv/tls")
    text = "\n".join(plan_lines(server, planned, given.pair, "/srv/tls/"))
    for row in planned.files:
        assert f"/srv/tls/a.com{row.ending} (" in text
    assert ("0600" in text) is any(row.has_key for row in planned.files)
    assert "edits no configuration" in text
    assert "www.example.com" not in text


@pytest.mark.parametrize("service", ["mosquitto", "Redis", "PostgreSQL", "MariaDB", "slapd"])
def test_for_other_software_both_guide_and_plan_name_the_owner_of_the_key(service: str) -> None:
    given, server = material(), SERVERS["other"]
    planned = plan(server, given.pair, given.domain, given.certificates, "/srv/tls")
    for lines in (guide_lines(PLATFORMS["other"]), plan_lines(server, planned, given.pair, "/srv/tls")):
        text = " ".join(" ".join(lines).split())
        assert "The key must belong to the user that the server runs as." in text
        assert service in text
