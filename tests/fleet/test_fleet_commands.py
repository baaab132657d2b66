"""``csrtui fleet``: many hosts as one keystore. A failing host is named with the fix, and the others complete."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from fake_ansible import printed, said
from fleet_made import ASKED, AWAY, CSR, listed, pair

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui
    from fake_ansible import FakeAnsible

    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.tasks.session import Session


def test_the_pairs_of_all_hosts_are_one_list(fake: FakeAnsible, fleet: Any) -> None:
    fake.answers({"web1": listed(pair()), "web2": listed(pair("b.com"), pair("c.com"))})
    ran = fleet("list", "--forks", "9", "--become", "--ask-become-pass", "--ansible=-v")
    assert ran.status == 0
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["Host", "Name"],
        ["web1", "a.com"],
        ["web2", "b.com"],
        ["web2", "c.com"],
    ]
    assert ran.err == "2 hosts · 3 pairs · 3 not backed up\n"
    assert fake.argv(1)[1:] == ["--forks=9", "--become", "--ask-become-pass", "-v"]
    assert "c list --json --retired" in fake.play(1)


def test_failed_hosts_are_named_and_do_not_stop_the_others(fake: FakeAnsible, fleet: Any) -> None:
    fake.answers(
        {
            "web1": listed(pair()),
            "away": AWAY,
            "full": said("the disk is full", 3, "make room"),
            "old": printed({"schema": 7}),
            "odd": printed({"schema": 1, "pairs": 5}),
            "half": listed(
                pair("b.com"), status=3, err="csrtui: error: c.com is damaged\nhint: restore it\n"
            ),
        },
        hosts=("web1", "away", "full", "old", "odd", "half", "dead"),
    )
    ran = fleet("list", "--json")
    assert ran.status == 1
    assert [(line["host"], line["name"]) for line in ran.json_lines if "name" in line] == [
        ("web1", "a.com"),
        ("half", "b.com"),
    ]
    failed = {line["host"]: line for line in ran.json_lines if line.get("ok") is False}
    assert {host: line["reason"] for host, line in failed.items()} == {
        "away": "unreachable",
        "full": "store",
        "old": "schema",
        "odd": "unexpected",
        "half": "store",
        "dead": "unexpected",
    }
    assert failed["full"]["error"] == 'its keystore cannot be used; full says: "the disk is full"'
    assert failed["full"]["remedy"] == "run csrtui doctor on full"
    assert "make room" not in ran.out
    assert "restore it" not in ran.out
    assert all(line["error"] and line["remedy"] for line in failed.values())


def test_the_last_known_pairs_are_those_of_the_limit_and_of_all_inventories(
    csrtui: Csrtui, fake: FakeAnsible, tmp_path: Path
) -> None:
    (tmp_path / "more.ini").write_text("web3\n")
    inventories = ("-i", str(fake.inventory), "list", "-i", str(tmp_path / "more.ini"))
    fake.answers({"web1": listed(pair()), "web3": listed(pair("c.com"))})
    assert csrtui("fleet", *inventories).out.count(".com") == 2
    assert fake.argv(1)[:2] == [f"--inventory={fake.inventory}", f"--inventory={tmp_path / 'more.ini'}"]
    fake.holds({"web1": {}, "web2": {}})
    ran = csrtui("fleet", *inventories, "--last", "--limit", "web*")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["Host", "web1"]
    assert ran.err.startswith("1 host · 1 pair ")
    assert fake.lists[-1][2:] == ["--limit=web*", "--list"]
    assert csrtui("fleet", *inventories, "--last").out.count(".com") == 2


def test_without_pairs_become_is_suggested_unless_it_was_used(fake: FakeAnsible, fleet: Any) -> None:
    for options in ((), ("--become",)):
        fake.answers({"web1": listed()})
        assert ("--become shows root's" in fleet("list", *options).err) is (not options)


def test_the_last_known_pairs_are_listed_without_contacting_a_host(fake: FakeAnsible, fleet: Any) -> None:
    assert "no host has been read yet" in fleet("list", "--last").err
    fake.answers({"web1": listed(pair())})
    assert fleet("list").status == 0
    fake.answers({"web1": AWAY})
    ran = fleet("list", "--filter", "web1 a.com")
    assert "1 host · 1 pair · 1 not backed up · 1 unreachable" in ran.err
    assert 'csrtui: error: web1: the host cannot be reached; Ansible says: "no route to host"' in ran.err
    ran = fleet("list", "--last", "--next", "renew")
    assert ran.out == ""
    assert "as of " in ran.err
    assert fake.asked == 2


def test_an_unreadable_state_is_read_from_the_host_again(
    fake: FakeAnsible, fleet: Any, csrtui: Csrtui
) -> None:
    fake.answers({"web1": listed(pair())})
    assert fleet("list").status == 0
    (kept,) = csrtui.store.glob(".hosts/*.json")
    kept.chmod(0o666)
    assert "no host has been read yet" in fleet("list", "--last").err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["list", "--next", "lunch"], "argument --next: invalid choice: 'lunch'"),
        (["list", "--forks", "0"], "--forks is 0"),
        (["list", "--timeout", "-5"], "--timeout is -5"),
        (["list", "--inventory", "/none"], "there is no inventory /none"),
        (["csr", "--to", "/none"], "there is no folder /none"),
    ],
)
def test_wrong_usage_is_reported(fake: FakeAnsible, fleet: Any, arguments: list[str], error: str) -> None:
    fake.answers({"web1": listed(pair())})
    ran = fleet(*arguments)
    assert ran.status == 2
    assert ran.error.startswith(error)


def test_an_inventory_without_hosts_is_reported(fake: FakeAnsible, fleet: Any, csrtui: Csrtui) -> None:
    assert csrtui("fleet", "list").error == "no inventory is named"
    fake.answers({})
    assert fleet("list").error == "no host of the inventory matches"


def fetched(**change: Any) -> dict[str, Any]:
    return {"rc": 0, "stdout": CSR, "stderr": "", "changed": False, **change}


def test_csrs_are_fetched_once_and_never_overwritten(fake: FakeAnsible, fleet: Any, tmp_path: Path) -> None:
    hosts = {
        "web1": listed(pair()),
        "web2": listed(pair("b.com", submitted="2026-11-23T09:00:00Z", stage="submitted")),
    }
    for expected in (True, False):
        fake.answers(hosts)
        fake.answers({"web1": fetched()})
        ran = fleet("csr", "--to", str(tmp_path), "--json")
        assert [(one["host"], one["pair"], one["changed"]) for one in ran.json_lines] == [
            ("web1", "a.com", expected)
        ]
        assert ran.status == 0
    file = tmp_path / "web1.a.com.csr.pem"
    assert file.read_text() == CSR
    assert "c csr -- a.com" in fake.play(2)
    file.write_text("other")
    fake.answers(hosts)
    fake.answers({"web1": fetched()})
    ran = fleet("csr", "--to", str(tmp_path))
    assert ran.status == 1
    assert "never overwritten" in ran.error
    assert file.read_text() == "other"
    file.unlink()
    file.mkdir()
    fake.answers(hosts)
    fake.answers({"web1": fetched()})
    assert "is a folder" in fleet("csr", "--to", str(tmp_path)).error


def test_a_csr_other_than_the_recorded_one_is_not_saved(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    other = pair("b.com", request={"sha256": "0" * 64, "signature_hash": None})
    broken = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    fake.answers({"web1": listed(other), "web2": listed(other)})
    fake.answers({"web1": fetched(stdout=CSR + broken), "web2": said("no pair b.com", 2)})
    ran = fleet("csr", "b.com", "--to", str(tmp_path), "--json")
    assert [one["error"] for one in ran.json_lines] == [
        (
            "refused: request: listed 000000000000000…, sent "
            f"{ASKED.sha256[:15]}…; names: the pair is listed as b.com, the CSR is for a.com"
        ),
        'csrtui on the host did not accept the input; web2 says: "no pair b.com"',
    ]
    assert [one["reason"] for one in ran.json_lines] == ["mismatch", "input"]
    fake.answers({"web1": listed(other)})
    fake.answers({"web1": said("unrecognized arguments: --as=x", 2)})
    ran = fleet("csr", "b.com", "--to", str(tmp_path))
    assert ran.error.startswith("web1 b.com: csrtui on the host is a different release; web1 says: ")
    assert ran.hint is not None
    assert ran.hint.startswith("use the same release on both machines")
    fake.answers({"web1": listed(other)})
    fake.answers({"web1": fetched(stdout=broken)})
    ran = fleet("csr", "b.com", "--to", str(tmp_path))
    assert ran.error == "web1 b.com: it did not send a CSR for each pair"
    assert list(tmp_path.glob("*.pem")) == []
    fake.answers({"web1": listed(other)})
    assert (
        "no host that was read has a pair named c.com" in fleet("csr", "c.com", "--to", str(tmp_path)).error
    )
    fake.answers({"web1": listed()})
    assert "no pair on the hosts that answered is waiting" in fleet("csr", "--to", str(tmp_path)).err


def test_a_full_disk_is_reported_for_each_csr(fake: FakeAnsible, fleet: Any, tmp_path: Path) -> None:
    long = pair("n" * 250)
    fake.answers({"web1": listed(long)})
    fake.answers({"web1": fetched()})
    ran = fleet("csr", "--to", str(tmp_path))
    assert ran.status == 1
    assert ran.err


def test_the_doctor_reports_the_findings_of_every_host(fake: FakeAnsible, fleet: Any) -> None:
    finding = {
        "code": "open-mode",
        "level": "error",
        "pair": None,
        "path": "/s",
        "text": "open",
        "remedy": "chmod",
    }
    examined = printed({"schema": 1, "ok": False, "findings": [finding, 5]}, 1)
    results = {"web1": examined, "web2": printed({"schema": 1, "findings": None}), "away": AWAY}
    fake.answers(results)
    ran = fleet("doctor")
    assert ran.status == 1
    assert ran.out == 'web1: error: web1 says: "open" (open-mode)\n  on web1: csrtui doctor\n'
    assert "3 hosts checked: 1 finding, 1 failed" in ran.err
    fake.answers(results)
    assert [line["host"] for line in fleet("doctor", "--json").json_lines] == ["web1", "away"]


def test_notes_of_hosts_do_not_change_the_exit_status(fake: FakeAnsible, fleet: Any) -> None:
    note = {"code": "backup-none", "level": "note", "pair": "a", "path": "/s", "text": "t", "remedy": "r"}
    fake.answers({"web1": printed({"schema": 1, "ok": True, "findings": [note]})})
    ran = fleet("doctor")
    assert (ran.status, ran.out) == (
        0,
        'web1: note: web1 says: "t" (backup-none)\n  on web1: csrtui backup a --to DIR\n',
    )
    assert "1 host checked: 1 finding, 0 failed" in ran.err


def test_a_stop_is_reported_and_sets_the_exit_status(
    fake: FakeAnsible, fleet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from csrtui.fleet import ansible

    fake.answers({}, hosts=("web1",), hangs=True)
    run = ansible.run_task

    def stopped(*arguments: Any) -> Any:
        for line in run(*arguments):
            signal.raise_signal(signal.SIGTERM)
            yield line

    monkeypatch.setattr("csrtui.fleet.tasks.run_on_hosts.run_task", stopped)
    ran = fleet("list")
    assert ran.status == 128 + signal.SIGTERM
    assert "each host is in a consistent state" in ran.err
    assert "then c list --json --retired; else" in fake.play(1)


def test_without_a_command_the_screen_opens_on_a_terminal(
    fake: FakeAnsible, csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    arguments = ["fleet", "--inventory", str(fake.inventory)]

    def screen(_: Session, reach: Reach) -> int:
        opened.append(reach.target.has_terminal)
        return 7

    assert "the screens need a terminal" in str(csrtui(*arguments).error)
    monkeypatch.setattr("csrtui.fleet.tui.open_fleet", screen)
    assert csrtui(*arguments).status == 7
    assert opened == [False]
    assert csrtui(*arguments, "--ask-become-pass").error == "the screen cannot ask for a password"
    assert csrtui("fleet", "--inventory", "/none").error == "there is no inventory /none"


@pytest.mark.parametrize("command", ["new", "backup"])
def test_the_help_of_recipients_does_not_mention_a_passphrase(csrtui: Csrtui, command: str) -> None:
    said = " ".join(csrtui("fleet", command, "--help").out.split())
    assert "--recipient R the recipients that can open the backups: age1…, an SSH public key" in said
    assert "passphrase" not in said
    assert "instead of a passphrase: age1" in " ".join(csrtui("backup", "--help").out.split())
