"""``csrtui fleet new``, ``import`` and ``backup``: the plan for each host is shown first and carried out once."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import intermediate, pem
from fake_ansible import printed, said
from fleet_made import ASKED, AWAY, listed, made, pair
from recipients_made import age_pair

from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

    from fake_ansible import FakeAnsible

RECIPIENT = age_pair()[1]
OTHER = csr.build(
    SubjectFields(common_name="b.com"), ("b.com",), key_types.generate(key_types.KeyType.EC_P256)
)


def test_each_host_gets_the_displayed_names(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds(
        {
            "web1": {"site": "mydomain.com", "aliases": ["a.mydomain.com"], "owner": {"name": "My Ltd"}},
            "web2": {"site": "x.com", "aliases": [], "owner": {"name": "My Ltd"}},
        }
    )
    names = ("mydomain.com", "a.mydomain.com", "www.mydomain.com")
    done = ("made", "backed up", "rm -rf /")
    others = ("x.com", "www.x.com")
    made_of = {"organization": "My Ltd"}
    fake.answers({"web1": made(*names, done=done, **made_of), "web2": made(*others, done=(), **made_of)})
    arguments = (
        "--add-counterpart",
        "--key",
        "rsa-3072",
        "--recipient",
        RECIPIENT,
        "--backup-to",
        "/b",
        "--yes",
    )
    ran = fleet("new", "{{ site }}", "{{aliases}}", "-O", "{{ owner.name }}", *arguments)
    assert ran.status == 0
    assert ran.out == "ok  web1  mydomain.com  made and backed up\nok  web2  x.com  already exists\n"
    assert "web1: mydomain.com, a.mydomain.com, www.mydomain.com" in ran.err
    play = fake.play(1)
    assert '!unsafe "www.mydomain.com"' in play
    assert '"organization": !unsafe "My Ltd"' in play
    assert '"key": !unsafe "rsa-3072"' in play
    assert f'"recipients": [!unsafe "{RECIPIENT}"], "backup_to": !unsafe "/b"' in play


def test_a_successor_names_the_pair_that_it_replaces(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds({"web1": {}})
    answer = made("x.com", "www.x.com", done=("replaced", "backed up"))
    answer["pair"] |= {"name": "x.com-2", "renews": "x.com"}
    fake.answers({"web1": answer})
    ran = fleet("new", "x.com", "www.x.com", "--yes")
    assert ran.out == "ok  web1  x.com-2  made, replaces x.com and backed up\n", ran.err


def test_a_subject_can_have_further_attributes_and_no_common_name(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds({"web1": {}})
    fake.answers({"web1": said("no", 1)})
    options = ("--ca", "private", "--attribute", "emailAddress=a@x.com", "--no-common-name", "--yes")
    fleet("new", "{{ inventory_hostname }}.x.com", *options)
    assert '"no_common_name": true, "attributes": [!unsafe "emailAddress=a@x.com"]' in fake.play(1)


def test_a_blocking_finding_on_one_host_stops_all_before_anything_is_made(
    fake: FakeAnsible, fleet: Any
) -> None:
    fake.holds({"web1": {"site": "mydomain.com"}, "web2": {"site": "intranet"}})
    ran = fleet("new", "{{ site }}", "--yes")
    assert ran.status == 2
    assert ran.error.startswith("web2: ")
    assert ran.hint == "for the organization's own CA: --ca private; or override with --force"
    ran = fleet("new", "a b.{{ site }}", "--yes")
    assert (ran.status, ran.hint) == (2, "use other names, or leave the host out with --limit")
    assert fake.asked == 0


def test_a_host_without_the_variable_is_named_and_the_others_complete(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds({"web1": {"site": "x.mydomain.com"}, "web2": {}, "web3": {"site": {"de": "a"}}})
    fake.answers({"web1": said("the disk is full", 3)})
    ran = fleet("new", "{{ site }}", "--yes", "--json")
    assert ran.status == 1
    two, three, one = ran.json_lines
    assert (two["host"], two["ok"], two["error"]) == ("web2", False, "variable site is missing on web2")
    assert three["error"] == "variable site is a dictionary, not a string"
    assert one["error"] == 'its keystore cannot be used; web1 says: "the disk is full"'
    assert one["remedy"] == "run csrtui doctor on web1"
    fake.holds({"web2": {}})
    ran = fleet("new", "{{ site }}", "--yes", "--force")
    assert (ran.status, ran.error) == (1, "web2: variable site is missing on web2")
    assert ran.hint.startswith("define site for this host in the inventory")


def test_a_dry_run_of_new_has_a_json_line_for_each_host(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds({"web1": {"site": "www"}, "web2": {}})
    ran = fleet("new", "{{ site }}.mydomain.com", "--dry-run", "--json")
    failed, planned = ran.json_lines
    assert (ran.status, failed["host"], failed["ok"]) == (1, "web2", False)
    assert (planned["host"], planned["ok"], planned["changed"]) == ("web1", True, False)
    assert planned["covers"] == ["www.mydomain.com"]


@pytest.mark.parametrize(("answer", "plays"), [("yes\n", 1), ("\n", 0)])
def test_the_command_asks_before_it_makes_pairs(
    fake: FakeAnsible, fleet: Any, monkeypatch: pytest.MonkeyPatch, answer: str, plays: int
) -> None:
    from csrtui.fleet.cli import commands

    fake.holds({"web1": {}})
    fake.answers({"web1": made("x.mydomain.com")})
    is_confirmed = commands._is_confirmed

    def at_terminal(*arguments: Any, **options: Any) -> bool:
        for stream in (sys.stdin, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stdin, "readline", io.StringIO(answer).readline)
        return is_confirmed(*arguments, **options)

    monkeypatch.setattr(commands, "_is_confirmed", at_terminal)
    ran = fleet("new", "x.mydomain.com")
    assert "Make a pair on 1 host? [y/N]" in ran.err
    assert fake.asked == plays


def test_a_missing_terminal_and_missing_work_are_reported(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds({"web1": {}})
    assert fleet("new", "x.mydomain.com").error == "confirmation needs a terminal"
    assert fleet("new", "x.mydomain.com", "--dry-run").status == 0
    assert fleet("new", "x.com", "--recipient", RECIPIENT).error == "--recipient and --backup-to go together"
    assert fleet("backup", "--to", "/b").error == "the backups need a recipient"


def results(*entries: object) -> dict[str, Any]:
    return {"changed": True, "results": list(entries)}


def test_certificates_are_sent_to_the_hosts_that_have_their_keys(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    authority = intermediate()
    (tmp_path / "a.pem").write_bytes(pem(authority.sign(ASKED.der), authority.certificate))
    (tmp_path / "b.pem").write_bytes(pem(authority.sign(OTHER)))
    fake.answers({"web1": listed(pair()), "web2": listed(pair("b.com", key=_key("0" * 64)))})
    imported = {"ok": True, "pair": "a.com", "file": None, "text": "imported", "changed": True}
    refused = {"ok": False, "pair": "a.com", "file": None, "text": "older"}
    fake.answers({"web1": results(imported, refused, 5)})
    ran = fleet("import", str(tmp_path / "a.pem"), str(tmp_path / "b.pem"))
    assert ran.status == 1
    assert ran.out == "ok  web1  a.com  imported\n"
    assert "no host that was read has the key of CN=b.com" in ran.err
    assert 'web1 a.com: csrtui on the host refused; web1 says: "older"' in ran.err
    assert '"hosts": [!unsafe "web1"]' in fake.play(2)
    assert fake.play(2).count("BEGIN CERTIFICATE") == 2


def test_a_failed_import_is_named_and_a_file_without_a_certificate_is_refused(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    file = tmp_path / "a.pem"
    file.write_bytes(pem(intermediate().sign(ASKED.der)))
    fake.answers({"web1": listed(pair())})
    fake.answers({"web1": AWAY})
    assert [one["reason"] for one in fleet("import", str(file), "--json").json_lines] == ["unreachable"]
    fake.answers({"web1": listed(pair())})
    file.write_text("nothing")
    ran = fleet("import", str(file))
    assert (ran.status, str(file) in ran.error) == (2, True)


def _key(spki: str) -> dict[str, object]:
    return {"type": "ec-p256", "encrypted": False, "spki_sha256": spki}


@pytest.mark.parametrize(
    ("command", "claim"),
    [
        (
            ("backup", "--to", "/b", "--recipient", RECIPIENT),
            "every pair on the hosts that answered has a backup",
        ),
        (("csr", "--to", "FOLDER"), "no pair on the hosts that answered is waiting to be submitted"),
    ],
)
def test_a_host_that_was_not_read_has_no_result(
    fake: FakeAnsible, fleet: Any, tmp_path: Path, command: tuple[str, ...], claim: str
) -> None:
    fake.answers({"web1": listed(), "web2": AWAY})
    ran = fleet(*(str(tmp_path) if one == "FOLDER" else one for one in command))
    assert (ran.status, ran.out) == (1, "")
    assert claim in ran.err
    assert "web2" in ran.err


def test_backups_are_made_once_on_each_host(fake: FakeAnsible, fleet: Any) -> None:
    backed = pair("b.com", backup={"status": "unverified", "path": "/b"})
    fake.answers({"web1": listed(pair(), backed), "web2": listed(pair("c.com"))})
    done = {"ok": True, "pair": "a.com", "file": "/b/a.age", "text": "backed up"}
    fake.answers({"web1": printed({"schema": 1, "results": [done]}), "web2": said("the disk is full", 3)})
    ran = fleet("backup", "--to", "/b", "--recipient", RECIPIENT)
    assert ran.status == 1
    assert ran.out == "ok  web1  a.com  /b/a.age  backed up\n"
    assert 'web2 says: "the disk is full"' in ran.err
    assert f"c backup --json --to=/b --recipient={RECIPIENT} -- a.com" in fake.play(2)
    fake.answers({"web1": listed(backed)})
    ran = fleet("backup", "--to", "/b", "--recipient", RECIPIENT)
    assert (ran.status, "every pair on the hosts that answered has a backup" in ran.err) == (0, True)
    fake.answers({"web1": listed(backed)})
    fake.answers({"web1": printed({"schema": 1, "results": None})})
    ran = fleet("backup", "b.com", "--to", "/b", "--recipient", RECIPIENT)
    assert (ran.status, ran.error) == (1, "web1 b.com: the host sent no result for this pair")


def test_a_dry_run_shows_the_pairs_and_starts_no_work_on_hosts(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    (tmp_path / "a.pem").write_bytes(pem(intermediate().sign(ASKED.der)))
    (tmp_path / "id").write_bytes(age_pair()[0])
    (tmp_path / "id").chmod(0o600)
    before = sorted(tmp_path.iterdir())
    for arguments, text in (
        (("csr", "a.com", "--to", str(tmp_path)), "ok  web1  a.com  the CSR would be fetched\n"),
        (("import", str(tmp_path / "a.pem")), "ok  web1  would be imported\n"),
        (
            ("backup", "a.com", "--to", "/b", "--recipient", RECIPIENT),
            "ok  web1  a.com  would be backed up to /b\n",
        ),
        (("verify", "--identity", str(tmp_path / "id")), ""),
    ):
        fake.answers({"web1": listed(pair())})
        asked = fake.asked
        ran = fleet(*arguments, "--dry-run")
        assert (ran.status, ran.out) == (0, text), ran.err
        assert fake.asked == asked + 1, "only the list of the pairs"
    assert sorted(tmp_path.iterdir()) == before
    assert fleet("csr", "--to", str(tmp_path / "none"), "--dry-run").status == 2
