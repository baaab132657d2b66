"""With real Ansible, no text from another person is executed: a canary in every text is never triggered."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import screens_user
from certificates_made import intermediate, pem
from command import Ran, run_process
from fleet_user import FleetUser
from playbooks import environment
from playbooks import program as ansible_program
from recipients_made import age_pair
from safety_results import counted

from csrtui.core.base.finding import FieldName
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields
from csrtui.fleet.ansible import Target
from csrtui.fleet.tasks.run_on_hosts import Reach
from csrtui.fleet.tui.app import FleetApp
from csrtui.fleet.tui.plan import FleetPlanScreen
from csrtui.fleet.tui.request import FleetRequestScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.safety]

PROMISE = "Nothing in a CSR, a table, a pair or an e-mail is executed (text is not code)"
COMMON_NAME = "www.mydomain.com"


@dataclass(frozen=True)
class Place:
    """One host, reached without ssh, and the file that appears if something is evaluated.

    Attributes:
        path: A folder.
        store: The host's keystore.
        canary: The file that the payload creates if it is evaluated.
    """

    path: Path
    store: Path
    program: Path
    canary: Path

    @property
    def payload(self) -> str:
        """Return a template that creates the canary file.

        It fits a subject and, without blanks and commas, a host pattern.
        """
        text = f"{{{{lookup(*'pipe;touch$IFS{self.canary}'.split(';'))}}}}"
        assert len(text) <= 64
        return text

    def inventory(self, host: str = "here", **more: object) -> Path:
        """Write an inventory of one host with further variables."""
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "csrtui_executable": str(self.program),
            "csrtui_store": str(self.store),
            **more,
        }
        path = self.path / "hosts.json"
        path.write_text(json.dumps({"all": {"hosts": {host: variables}}}))
        return path

    def config(self) -> str:
        """Write a configuration with a hostile profile ``work``."""
        path = self.path / "config.toml"
        path.write_text(f'[profiles.work]\norganization = "{self.payload}"\n')
        path.chmod(0o600)
        return str(path)

    def fleet(self, inventory: Path, command: str, *arguments: str, **env: str) -> Ran:
        """Run a command of ``csrtui fleet`` as a process."""
        options = ("--inventory", str(inventory), *arguments)
        around = environment(self.path) | env
        return run_process("fleet", command, *options, store=self.path / "here", env=around, new_session=True)


@pytest.fixture
def place(tmp_path: Path, program: Path, store: Path) -> Iterator[Place]:
    """Return the place. The path of the canary is short, because subjects are short."""
    ansible_program("ansible-playbook")
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        yield Place(tmp_path, store, program, Path(folder) / "x")


def hostile_csr(text: str) -> str:
    subject = SubjectFields(common_name=COMMON_NAME, organization=text, locality=text)
    key = key_types.generate(key_types.KeyType.EC_P256)
    return csr.to_pem(csr.build(subject, [COMMON_NAME], key)).decode()


def test_an_evaluated_payload_would_be_noticed(place: Place) -> None:
    from playbooks import play

    assert (
        play(place.inventory(), [{"name": "t", "ansible.builtin.debug": {"msg": place.payload}}]).status == 0
    )
    assert place.canary.exists()


def test_arguments_are_refused_by_name(place: Place) -> None:
    inventory = place.inventory()
    with counted(PROMISE, "arguments of fleet new") as tally:
        for arguments in (
            (place.payload,),
            ("a.mydomain.com", place.payload),
            ("a.mydomain.com", "-O", place.payload),
        ):
            ran = place.fleet(inventory, "new", *arguments, "--yes")
            assert not place.canary.exists()
            assert ran.status == 2, ran
            assert "is not a variable: only {{ name }} and {{ name.member }} are replaced" in ran.error
            tally.add()


def test_options_and_profiles_are_literal(place: Place) -> None:
    with counted(PROMISE, "a profile, and a folder for backups, in fleet new") as tally:
        recipient = age_pair()[1]
        options = (
            "--profile",
            "work",
            "--recipient",
            recipient,
            "--backup-to",
            place.payload,
            "--yes",
            "--force",
        )
        ran = place.fleet(place.inventory(), "new", COMMON_NAME, *options, CSRTUI_CONFIG=place.config())
        assert not place.canary.exists()
        assert "is used literally" in ran.err
        (made,) = (place.store / "pairs").iterdir()
        subject = json.loads((made / "pair.json").read_text())["subject"]
        assert "lookup(*" in json.dumps(subject)
        tally.add()


def test_a_table_is_literal(place: Place) -> None:
    table = place.path / "table.csv"
    table.write_text(f"common_name,organization\n{COMMON_NAME},{place.payload}\n{place.payload},a\n")
    with counted(PROMISE, "the rows of a table (new --from)") as tally:
        ran = run_process("new", "--from", str(table), "--force", store=place.path / "here")
        assert not place.canary.exists()
        assert [line["ok"] for line in ran.json_lines] == [True, False]
        assert place.payload in ran.json_lines[0]["pair"]["subject_fields"]["organization"]
        tally.add(2)


@pytest.mark.parametrize("marked", [False, True])
def test_an_inventory_value_is_refused_or_literal(place: Place, marked: bool) -> None:
    inventory = place.inventory(site=place.payload)
    if marked:
        text = json.dumps({"all": {"hosts": {"here": {"ansible_connection": "local"}}}})
        inventory = place.path / "hosts.yml"
        inventory.write_text(text.replace('"local"', f'"local", "site": !unsafe {json.dumps(place.payload)}'))
    with counted(PROMISE, "inventory values in fleet new") as tally:
        ran = place.fleet(inventory, "new", "{{ site }}.mydomain.com", "--dry-run")
        assert not place.canary.exists()
        assert ran.status == (2 if marked else 1), ran
        assert ("lookup(*" if marked else "here: variable site cannot be resolved") in ran.err
        tally.add()


@pytest.mark.parametrize("name", ["csrtui_store", "csrtui_executable"])
def test_a_literal_inventory_path_is_not_evaluated(place: Place, name: str) -> None:
    there = {"csrtui_store": str(place.store), "csrtui_executable": str(place.program)}
    there[name] = str(place.path / place.payload)
    text = json.dumps({"all": {"hosts": {"here": {"ansible_connection": "local", **there}}}})
    inventory = place.path / "hosts.yml"
    inventory.write_text(text.replace(json.dumps(there[name]), f"!unsafe {json.dumps(there[name])}"))
    with counted(PROMISE, "inventory paths marked as literal") as tally:
        for line in (("list",), ("new", "a.mydomain.com", "--yes")):
            place.fleet(inventory, *line)
            assert not place.canary.exists(), line
            tally.add()


def test_hosts_pairs_and_folders_are_literal(place: Place) -> None:
    inventory, payload, store = place.inventory(place.payload), place.payload, place.store
    there = {"CSRTUI_STORE": str(store)}
    adopted = place.path / "foreign"
    adopted.mkdir()
    key = key_types.generate(key_types.KeyType.EC_P256)
    subject = SubjectFields(common_name=COMMON_NAME, organization=payload, locality=payload)
    der = csr.build(subject, [COMMON_NAME], key)
    (adopted / "key.pem").write_bytes(key_types.private_pem(key))
    (adopted / "key.pem").chmod(0o600)
    (adopted / "request.pem").write_bytes(csr.to_pem(der))
    files = ("--key", str(adopted / "key.pem"), "--csr", str(adopted / "request.pem"))
    assert run_process("adopt", *files, store=None, env=there).status == 0
    issued = place.path / "issued.pem"
    authority = intermediate()
    issued.write_bytes(pem(authority.sign(der), authority.certificate))
    folder = place.path / "{{ 7*7 }}"
    folder.mkdir()
    recipient = age_pair()[1]
    with counted(PROMISE, "a host's name, a pair's data and folders, in every command of fleet") as tally:
        lines = (
            (True, "list"),
            (True, "new", "a.mydomain.com", "--yes"),
            (True, "csr", "--to", str(folder)),
            (False, "csr", "--to", payload),
            (False, "backup", "--to", payload, "--recipient", recipient),
            (True, "backup", "--to", str(folder), "--recipient", recipient),
            (True, "import", str(issued)),
        )
        evaluated = []
        endings = []
        for well, *line in lines:
            ran = place.fleet(inventory, *line)
            endings.append((well, line, ran))
            if place.canary.exists():
                evaluated.append(line)
                place.canary.unlink()
            tally.add()
        assert evaluated == []
        for well, line, ran in endings:
            assert (ran.status == 0) is well, (line, ran)
    assert len(list(folder.glob("*.age"))) == 2
    assert len(list(folder.glob("*.csr.pem"))) == 2
    assert (store / "pairs" / COMMON_NAME / "certificate.pem").exists()


# The screen


@pytest.fixture
async def user(place: Place, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FleetUser]:
    """Return a user at the form for many hosts, with real Ansible."""
    monkeypatch.setattr(screens_user, "_DEADLINE_SECONDS", 60.0)
    for name, value in environment(place.path).items():
        monkeypatch.setenv(name, value)
    session = screens_user.session_on(place.path / "screens")
    app = FleetApp(session, Reach(Target((str(place.inventory()),), has_terminal=False)))
    async with app.run_test(size=(80, 24)) as pilot:
        user = FleetUser(app, pilot)  # type: ignore[arg-type] # the keys are the same
        await user.read()
        await user.press("n")
        yield user


def go_to(user: FleetUser, field: FieldName) -> None:
    screen = user.app.screen
    assert isinstance(screen, FleetRequestScreen)
    screen.request.form.focus_field(field)


async def planned(user: FleetUser, place: Place, literal: str) -> None:
    """Show the plan for the host, and then make the pair there."""
    await user.press("ctrl+g")
    await user.until(lambda: user.at(FleetPlanScreen), "the plan")
    assert not place.canary.exists()
    await user.see(literal)
    await user.press("ctrl+g")
    await user.press("tab", "enter")
    assert "1 done" in await user.worked()
    assert not place.canary.exists()


async def test_a_hostile_csr_in_the_form_is_literal(user: FleetUser, place: Place) -> None:
    with counted(PROMISE, "a CSR in the form (ctrl+o)") as tally:
        await user.press("ctrl+o")
        await user.paste(hostile_csr(place.payload))
        await user.until(lambda: user.at(FleetRequestScreen), "the form")
        await planned(user, place, "O={{lookup(*")
        tally.add()


async def test_a_hostile_paste_into_the_form_is_literal(user: FleetUser, place: Place) -> None:
    with counted(PROMISE, "a paste into the form") as tally:
        await user.paste(COMMON_NAME)
        for field in (FieldName.ORGANIZATION, FieldName.LOCALITY):
            go_to(user, field)
            await user.settle()
            await user.paste(place.payload)
        await planned(user, place, "O={{lookup(*")
        tally.add()


async def test_a_hostile_profile_in_the_form_is_literal(
    user: FleetUser, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSRTUI_CONFIG", place.config())
    with counted(PROMISE, "a profile in the form") as tally:
        await user.paste(COMMON_NAME)
        await user.press("f6", "enter")
        await planned(user, place, "O={{lookup(*")
        tally.add()


async def test_a_hostile_host_pattern_is_not_evaluated(user: FleetUser, place: Place) -> None:
    with counted(PROMISE, "a paste into the hosts field") as tally:
        await user.paste(COMMON_NAME)
        await user.press("up", "ctrl+u")
        await user.paste(place.payload)
        await user.press("ctrl+g")
        await user.see("No host of the inventory matches.")
        assert not place.canary.exists()
        tally.add()
