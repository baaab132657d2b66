"""Purposes on the command line: `new`, tables, profiles, `renew`, and the pairs of earlier releases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.finding import Purpose
from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from command import Csrtui

PRIVATE = ("--ca", "private")


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.SERVER])
def test_a_purpose_is_requested_from_a_private_ca_and_renewed(csrtui: Csrtui, purpose: Purpose) -> None:
    ran = csrtui("new", "Jane Doe", "www.mydomain.com", "--purpose", purpose, *PRIVATE, "--json")
    assert ran.json["purpose"] == purpose
    assert ran.json["names"] == ["www.mydomain.com"]
    assert ran.json["name"] == "jane-doe"
    renewed = csrtui("renew", "jane-doe", "--json")
    assert (renewed.json["purpose"], renewed.json["subject"]) == (purpose, "CN=Jane Doe")
    assert "note:" not in renewed.err
    request = csr.read_pem(csrtui.pair("jane-doe-2").joinpath("request.pem").read_bytes())
    assert request.purpose is purpose
    assert {line["code"] for line in csrtui("doctor", "--json").json["findings"]} == {"backup-none"}


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.SERVER])
def test_a_public_ca_is_refused_with_the_reason(csrtui: Csrtui, purpose: Purpose) -> None:
    ran = csrtui("new", "www.mydomain.com", "mydomain.com", "--purpose", purpose)
    assert ran.status == 2
    assert "public" in ran.error.lower()
    assert "--ca private" in str(ran.hint)
    assert csrtui.pairs == []


def test_a_table_has_a_purpose_column_and_an_unknown_purpose_is_named(csrtui: Csrtui) -> None:
    table = b"common_name,purpose,ca\nvpn-client-7,client,private\na.mydomain.com,,\nb.mydomain.com,baking,private\n"
    ran = csrtui("new", "--from", "-", stdin=table)
    first, second, third = ran.json_lines
    assert first["pair"]["purpose"] == "client"
    assert first["pair"]["names"] == []
    assert second["pair"]["purpose"] == "server"
    assert (third["ok"], third["column"]) == (False, "purpose")
    again = csrtui("new", "--from", "-", stdin=table)
    assert [line.get("skipped") for line in again.json_lines[:2]] == [True, True]


def test_a_pair_of_an_earlier_release_has_the_purpose_server_and_an_unknown_purpose_is_an_error(
    csrtui: Csrtui,
) -> None:
    csrtui("new", "a.mydomain.com")
    file = csrtui.pair("a.mydomain.com") / "pair.json"
    record = json.loads(file.read_bytes())
    assert record.pop("purpose") == "server"
    file.write_text(json.dumps(record))
    assert csrtui("show", "a.mydomain.com", "--json").json["purpose"] == "server"
    file.write_text(json.dumps(record | {"purpose": "baking"}))
    ran = csrtui("show", "a.mydomain.com")
    assert ran.status == 3
    assert "purpose is not a known value" in ran.error


def test_a_backup_contains_the_purpose_and_restores_it(
    csrtui: Csrtui, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("backups")
    word = place / "word"
    word.write_text("correct horse battery staple\n")
    word.chmod(0o600)
    csrtui("new", "Jane Doe", "--purpose", "client", *PRIVATE)
    ran = csrtui("backup", "jane-doe", "--to", str(place), "--passphrase-file", str(word), "--json")
    file = ran.json["results"][0]["file"]
    with open(file, encoding="ascii") as text:
        assert "Purpose:    client\n" in text.read()
    csrtui.pair("jane-doe").rename(place / "gone")
    restored = csrtui("restore", file, "--passphrase-file", str(word), "--json")
    assert restored.json["results"][0]["pair"] == "jane-doe"
    shown = csrtui("show", "jane-doe", "--json").json
    assert (shown["purpose"], shown["names"], shown["ca"]) == ("client", [], "private")
