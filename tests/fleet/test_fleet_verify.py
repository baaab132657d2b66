"""``csrtui fleet verify``: backups are opened here with an identity that no host gets, and confirmed to their hosts."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import encodebytes
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage
import pytest
from fake_ansible import said
from fleet_made import AWAY, listed
from recipients_made import age_pair

from csrtui.core.backups import age
from csrtui.core.base.errors import InputError
from csrtui.fleet.tasks import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from command import Csrtui
    from fake_ansible import FakeAnsible


@pytest.fixture
def identity(tmp_path: Path) -> str:
    path = tmp_path / "identity"
    path.write_bytes(age_pair()[0])
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def made(csrtui: Csrtui, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Make a pair with a backup to a recipient in the keystore of a host, and return the pair as the host lists it."""
    (tmp_path / "backups").mkdir()
    there = ("--store", str(tmp_path / "host"))

    def make(name: str, *options: str) -> dict[str, Any]:
        csrtui("new", name, *options, *there)
        to = ("--to", str(tmp_path / "backups"), "--recipient", age_pair()[1])
        assert csrtui("backup", name, *to, *there).status == 0
        document: dict[str, Any] = csrtui("show", name, "--json", *there).json
        return document

    return make


def sent(*files: bytes | str, status: int = 0) -> dict[str, Any]:
    """Return the output of a host for each command of a run: the contents of a file, or a text."""
    texts = [file if isinstance(file, str) else encodebytes(file).decode() for file in files]
    return {
        "rc": 0,
        "stdout": "".join(f"{text}\n# {n} {status}\n" for n, text in enumerate(texts)),
        "stderr": "",
    }


def contents(pair: dict[str, Any]) -> bytes:
    return Path(pair["backup"]["path"]).read_bytes()


def tokens(play: str) -> list[str]:
    return re.findall(r"c verify --confirm (\S+) ", play)


@pytest.fixture
def one_file_in_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "_FETCHES", 1)


@pytest.mark.usefixtures("one_file_in_a_run")
def test_all_backups_are_confirmed_in_one_run_and_the_next_step_follows(
    csrtui: Csrtui, fake: FakeAnsible, fleet: Any, identity: str, made: Any
) -> None:
    pairs = [made("a.com"), made("b.com"), made("c.com")]
    assert [pair["next"] for pair in pairs] == ["submit"] * 3
    one = made("d.com") | {
        "backup": {"status": "verified", "path": "/d.pem", "created": None, "verified": None}
    }
    fake.answers({"web1": listed(*pairs[:2], one), "web2": listed(pairs[2])})
    fake.answers({"web1": sent(contents(pairs[0])), "web2": sent(contents(pairs[2]))})
    fake.answers({"web1": sent(contents(pairs[1]))})
    fake.answers({"web1": sent("", ""), "web2": sent("")})
    ran = fleet("verify", "--identity", identity, "--json")
    assert ran.status == 0, ran.err
    assert [(line["host"], line["pair"], line["text"]) for line in ran.json_lines] == [
        ("web1", "a.com", "restored here and verified"),
        ("web1", "b.com", "restored here and verified"),
        ("web2", "c.com", "restored here and verified"),
    ]
    assert "head -c 1048577 -- " + pairs[0]["backup"]["path"] in fake.play(2)
    assert "b.com" not in fake.play(2)
    assert not any("AGE-SECRET-KEY" in fake.play(number) for number in (1, 2, 3, 4))
    for token in tokens(fake.play(4)):
        assert (
            csrtui("verify", "--confirm", token, "--store", str(Path(pairs[0]["path"]).parents[1])).status
            == 0
        )
    shown = csrtui("list", "--json", "--store", str(Path(pairs[0]["path"]).parents[1])).json["pairs"]
    assert [pair["backup"]["status"] for pair in shown if pair["name"] != "d.com"] == ["verified"] * 3


def test_a_backup_that_does_not_restore_is_named_and_not_confirmed(
    fake: FakeAnsible, fleet: Any, identity: str, made: Any
) -> None:
    names = ("good.com", "gone.com", "odd.com", "other.com", "foreign.com", "cut.com")
    pairs = [made(name) for name in names]
    good, cut = contents(pairs[0]), contents(pairs[-1])
    stranger = pyrage.encrypt(b"x", [pyrage.x25519.Identity.generate().to_public()])
    files = (good, b"", "!", good, stranger, cut[:40])
    fake.answers({"web1": listed(*pairs), "away": listed(made("away.com"))})
    fake.answers({"web1": sent(*files), "away": AWAY})
    fake.answers({"web1": sent("csrtui: error: \x1b[2Jno", status=1)})
    ran = fleet("verify", "--identity", identity, "--json")
    errors = {line["pair"]: line["error"] for line in ran.json_lines}
    assert (ran.status, len(tokens(fake.play(3)))) == (1, 1)
    assert errors.pop("gone.com") == "the file of its backup is missing or cannot be read"
    assert errors.pop("odd.com") == "the host did not send its backup in base64"
    assert errors.pop("other.com").endswith("it contains a CSR other than the pair's")
    assert errors.pop("away.com").startswith("the host cannot be reached")
    assert errors.pop("good.com").startswith('csrtui on the host refused; web1 says: "')
    assert "\x1b" not in ran.out
    assert all(error.startswith("its backup cannot be restored: ") for error in errors.values())
    assert set(errors) == {"foreign.com", "cut.com"}


def test_an_encrypted_key_needs_its_passphrase_and_a_named_pair_is_verified_again(
    fake: FakeAnsible, fleet: Any, identity: str, made: Any, tmp_path: Path
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    option = ("--passphrase-file", str(secret))
    pair = made("a.com", "--encrypt-key", *option)
    for _ in range(2):
        fake.answers({"web1": listed(pair)})
        fake.answers({"web1": sent(contents(pair))})
    fake.answers({"web1": sent()})
    refused = fleet("verify", "--identity", identity)
    assert (refused.status, refused.hint) == (1, "csrtui fleet verify --passphrase-file FILE")
    silent = fleet("verify", "a.com", "--identity", identity, *option)
    assert "sent no result for this pair" in silent.error
    assert len(tokens(fake.play(5))) == 1


def test_a_missing_identity_extra_or_backup_is_reported(
    fake: FakeAnsible, fleet: Any, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fleet("verify").hint == "--identity ~/.ssh/id_ed25519"
    fake.answers({"web1": listed()})
    assert (
        "no pair on the hosts that answered has an unverified backup"
        in fleet("verify", "--identity", identity).err
    )
    fake.answers({"web1": said("no", 3)})

    def missing() -> None:
        raise InputError("age files need the Python package pyrage", "pip install 'csrtui[age]'")

    monkeypatch.setattr(age, "load_pyrage", missing)
    assert fleet("verify", "--identity", identity).hint == "pip install 'csrtui[age]'"
    assert fake.asked == 1


@pytest.mark.slow
def test_real_hosts_mark_their_backups_as_verified(
    csrtui: Csrtui, identity: str, made: Any, program: Path, tmp_path: Path
) -> None:
    pairs = [made("a.com"), made("b.com")]
    inventory = tmp_path / "hosts.ini"
    inventory.write_text(
        f"web1 ansible_connection=local csrtui_store={tmp_path / 'host'} csrtui_executable={program} "
        f"ansible_python_interpreter={sys.executable}\n"
    )
    done = subprocess.run(
        [str(program), "fleet", "verify", "-i", str(inventory), "--identity", identity],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("restored here and verified")) == (0, len(pairs)), done.stderr
    listing = csrtui("list", "--json", "--store", str(tmp_path / "host")).json["pairs"]
    assert {pair["backup"]["status"] for pair in listing} == {"verified"}
