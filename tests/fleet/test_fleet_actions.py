"""Commands on pairs of many hosts in the screens: backups, CSRs, certificates, the doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certificates_made import intermediate, pem
from fake_ansible import printed, said
from fleet_made import ASKED, AWAY, CSR, listed, pair, pair_for
from fleet_user import at_fleet
from recipients_made import age_pair, ssh_pair

from csrtui.core.certificates import csr
from csrtui.core.config.settings import Config
from csrtui.fleet.tui.dialogs import FetchModal, HostBackupModal
from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.fleet.tui.work import HostWorkModal
from csrtui.tasks.draft import LastUsed, recall
from csrtui.tui.modals.import_and_inspect import ImportModal
from csrtui.tui.screens.doctor import DoctorScreen

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from fake_ansible import FakeAnsible

    from csrtui.tasks.session import Session

RECIPIENT = age_pair()[1]
VERIFIED = {"status": "verified", "path": "/b", "created": None, "verified": "2026-11-20T09:00:00Z"}
BACKED_UP = {"status": "unverified", "path": "/b", "created": "2026-11-20T09:00:00Z"}


def backed(name: str = "a.com", file: str = "/var/backups/a.age") -> dict[str, Any]:
    return {"ok": True, "pair": name, "file": file, "text": "backed up"}


async def test_marked_pairs_are_backed_up_and_failures_are_named_with_a_remedy(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed(pair()), "web2": listed(pair("b.com")), "web3": listed(pair("c.com"))})
    full = said("the disk is full", 3, "make room on /var")
    fake.answers({"web1": printed({"schema": 1, "results": [backed()]}), "web2": full})
    fake.answers({"web1": listed(pair(backup=BACKED_UP)), "web2": listed(pair("b.com"))})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("space", "space", "b")
        await user.see("Back up 2 pairs on 2 hosts")
        await user.see("the 2 marked")
        await user.paste("/var/backups")
        await user.press("enter", "enter")
        await user.see("Enter a recipient")
        await user.paste(RECIPIENT)
        await user.see(f"Can be opened by {RECIPIENT}")
        await user.press("enter")
        told = await user.worked()
        assert told.startswith("1 done, 1 failed · 2 hosts")
        assert 'web2 says: "the disk is full"' in told
        assert "make room on /var" not in told
        assert "web1 a.com  backed up\n  /var/backups/a.age" in told
        assert "Next: verify the backups with V" in told
        assert fake.play(2).count(f"--to=/var/backups --recipient={RECIPIENT}") == 2
        await user.press("enter")
        await user.read()
        assert user.said == "1 done, 1 failed · 2 hosts"
        assert '"hosts": [!unsafe "web1", !unsafe "web2"]' in fake.play(3), "only those are read again"
        assert len(user.pairs_of_hosts) == 3
        await user.press("b")
        await user.see("/var/backups")
        assert recall(session, LastUsed.RECIPIENTS) == RECIPIENT
        await user.see("[c.com on web3 ▼]")


async def test_all_without_a_backup_is_the_last_choice_and_an_invalid_recipient_is_reported(
    session: Session, fake: FakeAnsible, tmp_path: Path
) -> None:
    key = tmp_path / "id_ed25519"
    key.write_bytes(ssh_pair("ssh-ed25519")[0])
    public = tmp_path / "id_ed25519.pub"
    public.write_text(ssh_pair("ssh-ed25519")[1])
    fake.answers({"web1": listed(pair(), pair("b.com", backup=BACKED_UP), pair("c.com", stage="retired"))})
    async with at_fleet(session, fake, (120, 40)) as user:
        await user.read()
        await user.press("b")
        assert user.at(HostBackupModal)
        await user.paste("/b")
        await user.press("enter")
        await user.paste(str(key))
        await user.see("that is a private key, not a recipient")
        await user.press("enter")
        await user.see("Give the public half")
        await user.press("ctrl+u")
        await user.paste(f"{public}, {RECIPIENT}")
        await user.see("Can be opened by ssh-ed25519 SHA256:")
        await user.paste("several\nlines")
        await user.see("several lines")
        await user.press("escape", "right", "enter")  # typed text is lost
        assert user.at(FleetScreen)
        assert fake.asked == 1


async def test_csrs_are_fetched_once_and_no_other_file_is_changed(
    session: Session, fake: FakeAnsible, tmp_path: Path
) -> None:
    folder = tmp_path / "csrs"
    folder.mkdir()
    answer = {"rc": 0, "stdout": CSR, "stderr": "", "changed": False}
    for _ in range(2):
        fake.answers({"web1": listed(pair(backup=VERIFIED)), "web2": listed(pair())})
        fake.answers({"web1": answer, "web2": AWAY})
    fake.answers({"web1": listed(pair(backup=VERIFIED)), "web2": listed(pair())})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("u")
        assert user.at(FetchModal)
        await user.press("up", "up", "right")
        await user.see("all 2 not submitted yet")
        await user.see("warning: 1 of them have no verified backup")
        await user.press("down", "down", "enter")
        await user.see("Enter the folder")
        await user.paste(str(tmp_path / "none"))
        await user.press("enter")
        await user.see("mkdir -p")
        await user.press("ctrl+u")
        await user.paste(str(folder))
        await user.press("enter")
        told = await user.worked()
        assert "1 done, 1 failed" in told
        assert "web2 a.com: the host cannot be reached; Ansible says" in told
        assert "CSR fetched, covers a.com" in told
        assert "then import the certificates with i." in told
        assert (folder / "web1.a.com.csr.pem").read_text() == CSR
        await user.press("escape")
        await user.read()
        await user.press("u", "up", "up", "right", "down", "down", "enter")
        assert "1 was already done, 1 failed" in await user.worked()


async def test_a_csr_that_differs_from_the_list_is_refused_by_name(
    session: Session, fake: FakeAnsible, tmp_path: Path
) -> None:
    shop, bank = "shop.mydomain.com", "www.bank.com"
    _, pem = pair_for(bank)
    shown = pair_for(shop)[0] | {"backup": VERIFIED}
    shown["request"] = {"sha256": csr.read_pem(pem.encode()).sha256, "signature_hash": "sha256"}
    fake.answers({"web1": listed(shown)})
    fake.answers({"web1": {"rc": 0, "stdout": pem, "stderr": "", "changed": False}})
    async with at_fleet(session, fake, (120, 40)) as user:
        await user.read()
        await user.press("u")
        await user.paste(str(tmp_path))
        await user.press("enter")
        told = " ".join((await user.worked()).split())
        assert "1 failed" in told
        assert f"web1 {shop}: refused: names: listed {shop}, sent {bank}" in told
        assert "do not use its CSRs" in told
        assert list(tmp_path.glob("*.pem")) == []


async def test_certificates_go_to_the_hosts_that_have_their_keys(
    session: Session, fake: FakeAnsible, tmp_path: Path
) -> None:
    authority = intermediate()
    file = tmp_path / "a.pem"
    file.write_bytes(pem(authority.sign(ASKED.der), authority.certificate))
    other = tmp_path / "ca.pem"
    other.write_bytes(pem(authority.certificate))
    imported = {"ok": True, "pair": "a.com", "file": None, "text": "imported", "changed": True}
    fake.answers({"web1": listed(pair()), "web2": listed()})
    fake.answers({"web1": {"changed": True, "results": [imported]}})
    fake.answers({"web1": listed(pair(stage="issued"))})
    async with at_fleet(session, fake, config=Config(keys={"install": "Z"})) as user:
        await user.read()
        await user.press("i")
        assert user.at(ImportModal)
        await user.paste(str(other))
        await user.press("enter")
        await user.see("only CA certificates")
        await user.press("ctrl+u")
        await user.paste(str(file))
        await user.press("enter")
        told = await user.worked()
        assert told.startswith("1 done · 1 host")
        assert "web1 a.com  imported" in told
        assert "Next: install them with Z." in told
        assert '"hosts": [!unsafe "web1"]' in fake.play(2)
        await user.press("enter")
        await user.read()


async def test_a_certificate_of_no_host_stays_in_the_dialog(
    session: Session, fake: FakeAnsible, tmp_path: Path
) -> None:
    file = tmp_path / "a.pem"
    file.write_bytes(pem(intermediate().sign(ASKED.der)))
    fake.answers({"web1": listed()})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.see("No pairs on these hosts yet")
        for key in ("b", "u", "full_stop"):
            await user.press(key)
            assert user.said.startswith("No ")
        await user.press("i")
        await user.paste(str(file))
        await user.press("enter")
        await user.see("no host that was read has the key")
        await user.press("escape", "i")
        await user.see("a.pem  ")
        await user.press("escape")
        assert fake.asked == 1


async def test_the_next_step_is_done_or_its_command_is_shown(session: Session, fake: FakeAnsible) -> None:
    valid = {"expires": "2026-11-30T09:00:00Z", "begins": "2026-09-01T09:00:00Z"}
    later = {"expires": "2027-11-30T09:00:00Z"}
    fake.answers(
        {
            "web1": listed(pair()),
            "web2": listed(pair(backup=VERIFIED)),
            "web3": listed(pair(backup=VERIFIED, stage="submitted", submitted="2026-11-21T09:00:00Z")),
            "web4": listed(pair(backup=BACKED_UP | {"path": "/b.backup.age"})),
            "web5": listed(pair(backup=VERIFIED, stage="issued", **valid)),
            "web6": listed(pair(backup=VERIFIED, stage="issued", **later)),
            "web7": listed(pair(backup=VERIFIED, stage="issued", installed="2026-11-23T09:00:00Z", **later)),
        }
    )
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("home")  # the cursor is on the first host that answered
        seen = {}
        for _ in range(7):
            current = user.fleet.current
            assert current is not None
            await user.press("full_stop")
            seen[current.host] = user.said if user.at(FleetScreen) else type(user.app.screen).__name__
            if not user.at(FleetScreen):
                await user.press("escape")
                await user.until(lambda: user.at(FleetScreen), "the list")
            await user.press("down")
        assert seen["web1"] == "HostBackupModal"
        assert seen["web2"] == "FetchModal"
        assert seen["web3"] == "ImportModal"
        assert seen["web4"] == "FetchModal"
        assert seen["web5"] == "ConfirmModal"
        assert seen["web6"] == "on web6, the first time: csrtui export a.com --for nginx --to DIR"
        assert seen["web7"] == "a.com on web7: nothing to do"


async def test_marked_pairs_are_counted_and_a_command_runs_on_all_of_them(
    session: Session, fake: FakeAnsible
) -> None:
    server = {"platform": "nginx", "folder": "/tls", "installed": "2026-11-20T09:00:00Z"}
    fake.answers({"web1": listed(pair(server=server)), "web2": listed(pair("b.com", server=server))})
    for _ in range(3):
        fake.answers({"web1": {"rc": 0, "stdout": "# 0 0\n"}, "web2": {"rc": 0, "stdout": "no\n# 0 1\n"}})
        fake.answers({"web1": listed(pair(server=server)), "web2": listed(pair("b.com", server=server))})
    async with at_fleet(session, fake) as user:
        await user.read()
        for play, (key, title, call) in enumerate(
            [
                ("w", "Renew 2 pairs on 2 hosts?", "c renew -- a.com"),
                ("I", "Install 2 pairs on 2 hosts?", "c export --replace -- a.com"),
                ("t", "Retire 2 pairs on 2 hosts?", "c retire -- a.com"),
            ]
        ):
            await user.press("home", "space", "space")
            await user.see("2 marked · 2 hosts")
            await user.press(key)
            await user.see(title)
            await user.press("right", "enter")
            assert (await user.worked()).startswith("1 done, 1 failed · 2 hosts")
            assert call in fake.play(2 + 2 * play)
            await user.press("enter")
            await user.read()
            assert "marked" not in user.line("#summary")


async def test_backups_are_verified_with_an_identity_here(
    session: Session, fake: FakeAnsible, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "identity").write_bytes(age_pair()[0])
    (tmp_path / "identity").chmod(0o600)
    fake.answers({"web1": listed(pair(backup=BACKED_UP | {"path": "/b.backup.age"})), "web2": listed()})
    fake.answers({"web1": {"rc": 0, "stdout": "# 0 0\n"}})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("V")
        await user.see("Verify the backup of a.com on web1")
        await user.press("enter")
        await user.see("Enter the file of the identity")
        await user.paste("~/identity")
        await user.press("enter")
        told = await user.worked()
        assert "web1 a.com: the file of its backup is missing or cannot be read" in told
        assert "head -c 1048577 -- /b.backup.age" in fake.play(2)
        assert "AGE-SECRET" not in fake.play(2)


async def test_work_can_be_stopped_and_the_rest_is_named(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair(backup=VERIFIED)), "web2": listed(pair(backup=VERIFIED))})
    answer = {"rc": 0, "stdout": CSR, "stderr": "", "changed": False}
    fake.answers({"web1": answer}, hosts=("web1", "web2"), hangs=True)
    fake.answers({"web1": listed(pair(backup=VERIFIED)), "web2": listed(pair(backup=VERIFIED))})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("space", "space", "u")
        await user.paste(str(fake.inventory.parent))
        await user.press("enter")
        await user.see("1 of 2")
        assert user.at(HostWorkModal)
        await user.press("enter")
        await user.press("escape")
        told = await user.worked()
        assert "1 done, 1 failed" in told
        assert "web2 a.com: Ansible ended before this host answered" in told
        assert "run the same command again" in told


async def test_an_error_of_ansible_ends_the_work(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair(backup=VERIFIED))})
    fake.prints("", said="[ERROR]: no such plugin\n", status=1)
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("u")
        await user.paste(str(fake.inventory.parent))
        await user.press("enter")
        assert "no such plugin" in await user.worked()
        await user.press("enter")
        assert user.at(FleetScreen)


def finding(**change: Any) -> dict[str, Any]:
    found = {
        "code": "open-mode",
        "level": "error",
        "pair": "a.com",
        "path": "/s",
        "text": "others can read it",
    }
    return {**found, "remedy": "chmod 600 key.pem", **change}


async def test_every_host_checks_its_keystore_and_an_unreachable_host_is_a_finding(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed(pair()), "web2": listed()})
    found = [
        finding(),
        finding(level="note", pair=None, text="\x1b[2J is here"),
        finding(level="x", pair="z"),
    ]
    fake.answers({"web1": printed({"schema": 1, "ok": False, "findings": found}, 1), "web2": AWAY})
    fake.answers({"web1": printed({"schema": 1, "ok": True, "findings": []})})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("D")
        await user.until(
            lambda: isinstance(user.app.screen, DoctorScreen) and not user.app.screen._is_working,
            "the doctor",
        )
        await user.see("1 of 2 hosts examined their keystores: 2 errors, 1 warning, 1 note.")
        await user.see('web1 says: "others can read it"')
        await user.see("on web1: csrtui doctor")
        assert "chmod 600 key.pem" not in user.screen_text
        assert user.screen_text.index("others can read it") < user.screen_text.index("unreachable: the host")
        assert r"\x1b[2J is here" in user.screen_text
        await user.press("enter")
        assert "Name        a.com" in user.page
        await user.press("escape", "down", "enter")
        await user.see("concerns web2 itself, not a pair")
        await user.press("down", "enter")
        await user.see("z on web1 has not been read yet")
        await user.press("r")
        await user.see("Nothing is wrong. 1 of 1 hosts examined their keystores.")
        await user.press("escape")
        assert user.at(FleetScreen)


async def test_quitting_during_work_ends_it(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair(backup=VERIFIED))})
    fake.answers({}, hosts=("web1",), hangs=True)
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("u")
        await user.paste(str(fake.inventory.parent))
        await user.press("enter")
        await user.until(lambda: user.at(HostWorkModal) and fake.asked == 2, "the work to begin")
        await user.press("ctrl+q")
        assert user.app._exit
