"""The guide for every platform: it is useful before the request, and fits 80 columns."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from exports_made import material
from tables import table

from csrtui.core.servers.deployment import plan_files
from csrtui.core.servers.guide import guide_lines, install_lines, plan_lines, platform_rows
from csrtui.core.servers.platforms import PLATFORMS, Platform
from csrtui.store.package_data import servers

SERVERS = servers()


@table("platform", PLATFORMS.values())
def test_the_guide_covers_the_time_before_and_after_the_request(platform: Platform) -> None:
    text = " ".join(" ".join(guide_lines(SERVERS[platform.id])).split())
    server = SERVERS[platform.id]
    assert text.startswith(platform.label)
    for fact in (platform.key_type.label, server.format.value, server.chain, server.csr_reuse):
        assert fact in text
    for note in server.notes:
        assert note in text
    for snippet in server.snippets:
        assert f" {snippet.place[0].upper()}{snippet.place[1:]}: " in text
    assert ("Several files cannot be replaced at the same moment" in text) is (len(server.files) > 1)
    assert f"The vendor's documentation is authoritative: {server.documentation}." in text
    assert not re.search(r"@[a-z_]+@|\[\[", text)


def test_the_guide_for_the_installation_leaves_out_what_matters_before_the_request() -> None:
    lines = install_lines(SERVERS["nginx"])
    assert lines[0].startswith("Format ")
    assert not [line for line in lines if line.startswith(("Key type ", "Old CSR "))]
    assert "  ssl_certificate FOLDER/www.example.com.crt;" in lines


@table("name", PLATFORMS)
def test_the_text_fits_into_80_columns(name: str) -> None:
    lines = guide_lines(SERVERS[name])
    assert all(len(line) < 80 for line in lines if not line.startswith("  "))
    assert all(line.isprintable() and line == line.rstrip() for line in lines)
    assert not any(first == second == "" for first, second in itertools.pairwise(lines))


def test_the_table_lists_every_platform_with_its_file_format() -> None:
    rows = platform_rows(SERVERS)
    assert [row[0] for row in rows] == list(PLATFORMS)
    assert ("iis", "Microsoft IIS", "PKCS #12 (PFX)") in rows
    assert ("nginx", "nginx", "PEM") in rows


@table("width", [24, 38, 79])
def test_text_fits_the_width_except_for_long_words_and_snippets(width: int) -> None:
    for line in guide_lines(SERVERS["nginx"], "/t", width):
        is_copied = line.startswith("  ") and not line.startswith(" " * 13)
        assert len(line) <= width or is_copied or max(map(len, line.split())) > width - 13, line


@table("platform", PLATFORMS.values())
def test_the_plan_names_the_real_paths(platform: Platform) -> None:
    server = SERVERS[platform.id]
    pair = material()
    plan = plan_files(server, pair.pair, pair.domain, pair.certificates, "/srv/tls")
    text = "\n".join(plan_lines(server, plan, "/srv/tls/"))
    for row in plan.files:
        assert f"/srv/tls/a.com{row.ending} (" in text
    assert ("0600" in text) is any(row.has_key for row in plan.files)
    assert "edits no configuration" in text
    assert "www.example.com" not in text


@table(
    ("platform", "text"),
    [
        ("nginx", "(certificate only: the chain is incomplete; 0644)"),
        ("haproxy", "(certificate and private key only: the chain is incomplete; 0600)"),
        ("iis", "(certificate and private key only: the chain is incomplete; 0600)"),
    ],
)
def test_the_plan_names_an_incomplete_chain(platform: str, text: str) -> None:
    server, pair = SERVERS[platform], material(with_chain=False)
    plan = plan_files(server, pair.pair, pair.domain, pair.certificates, "/srv/tls")
    assert "incomplete" not in " ".join(plan_lines(server, plan, "/srv/tls"))
    lines = plan_lines(server, replace(plan, lacks_issuer=True), "/srv/tls")
    assert text in " ".join(" ".join(lines).split())


@table("service", ["mosquitto", "Redis", "PostgreSQL", "MariaDB", "slapd"])
def test_for_other_software_both_guide_and_plan_name_the_owner_of_the_key(service: str) -> None:
    pair, server = material(), SERVERS["other"]
    plan = plan_files(server, pair.pair, pair.domain, pair.certificates, "/srv/tls")
    for lines in (guide_lines(server), plan_lines(server, plan, "/srv/tls")):
        text = " ".join(" ".join(lines).split())
        assert "The key must belong to the user that the server runs as." in text
        assert service in text


@table("platform", ["freeradius", "openvpn", "windows-rdp"])
def test_a_guide_says_if_openssl_cannot_check_the_server(platform: str) -> None:
    text = "\n".join(guide_lines(SERVERS[platform]))
    assert "Check the server with one of its own clients." in text
    assert "s_client" not in text
