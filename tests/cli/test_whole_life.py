"""The whole life of a pair on the command line: made, issued, installed, renewed in both ways, retired."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
import pytest
from real_authorities import OpensslCa

from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="skipped because openssl is not installed"
)

NAME = "www.mydomain.com"
SECOND = f"{NAME}-2"
DAY = timedelta(days=1)


class Life:
    """A keystore, a CA, a server and a backup medium, and a clock that advances.

    Args:
        csrtui: The object that runs the commands.
        folder: The folder for all other files.
        patch: pytest's `monkeypatch`.
    """

    def __init__(self, csrtui: Csrtui, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.run = csrtui
        self.now = datetime.now(UTC).replace(
            microsecond=0
        )  # the validity of the CA's own certificates begins then
        defaults: dict[str, Any] = Session.__init__.__kwdefaults__  # type: ignore[assignment]
        patch.setitem(defaults, "clock", lambda: self.now)
        for place in ("ca", "medium", "server-1", "server-2", "server-3"):
            (folder / place).mkdir(mode=0o700)
        self._folder = folder
        self._ca = OpensslCa(folder / "ca")
        self._passphrase = folder / "passphrase"
        self._passphrase.write_text("seven words that nobody else would put together\n")
        self._passphrase.chmod(0o600)

    def ok(self, *arguments: str) -> Ran:
        """Run a command that must succeed."""
        ran = self.run(*arguments)
        assert ran.status == 0, ran.err
        return ran

    def pair(self, name: str) -> dict[str, Any]:
        """Return the JSON of a pair."""
        document: dict[str, Any] = self.ok("show", name, "--json").json
        return document

    def due(self) -> list[str]:
        """Return the output that cron would mail."""
        return [line.split()[0] for line in self.ok("list", "--next", "renew").out.splitlines()[1:]]

    def back_up(self, name: str) -> None:
        """Back a pair up."""
        assert self.pair(name)["next"] == "back-up"
        self.ok(
            "backup", name, "--to", str(self._folder / "medium"), "--passphrase-file", str(self._passphrase)
        )
        assert self.pair(name)["backup"]["status"] == "verified"

    def certify(self, csr: str) -> Ran:
        """Have the CA sign a CSR a day later, and import the certificate."""
        self.now += DAY
        file = self._folder / "asked.csr"
        file.write_text(csr)
        answer = self._ca.answer(file, start=self.now - timedelta(hours=1))
        return self.ok("import", *map(str, answer.files))

    def install(self, name: str, server: str) -> None:
        """Write the files for the server. The certificate must be for the key."""
        assert self.pair(name)["next"] == "install"
        place = self._folder / server
        self.ok("export", name, "--for", "nginx", "--to", str(place))
        public = [
            subprocess.run(["openssl", *words, "-noout" if "x509" in words else "-pubout"], check=True, capture_output=True).stdout
            for words in (
                ("x509", "-pubkey", "-in", str(place / f"{NAME}.crt")),
                ("pkey", "-in", str(place / f"{NAME}.key")),
            )
        ]  # fmt: skip
        assert public[0] == public[1]
        assert self.pair(name)["next"] == "none"


def test_the_whole_life_of_a_pair(csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(csrtui, tmp_path, monkeypatch)

    # Made, backed up, submitted, issued, installed
    life.ok("new", NAME, "mydomain.com", "-O", "Example Ltd", "-C", "GB", "-L", "London", "--for", "nginx")
    life.back_up(NAME)
    assert life.pair(NAME)["next"] == "submit"
    csr = life.ok("csr", NAME, "--mark-submitted").out
    assert life.pair(NAME)["next"] == "import"
    life.certify(csr)
    life.install(NAME, "server-1")
    assert life.due() == []

    # After two thirds of the validity, cron and the calendar report the renewal
    expected = datetime.fromisoformat(life.pair(NAME)["expires"])
    renewal, expiry = icalendar.Calendar.from_ical(life.ok("list", "--ics").out).events
    assert expiry.decoded("DTSTART") == expected
    life.now = datetime.combine(renewal.decoded("DTSTART"), time(9), UTC)
    assert life.due() == [NAME]

    # Renewed with a new pair; the old pair stays until the new one is installed
    said = life.ok("renew", NAME)
    assert said.out == f"{SECOND}\n"
    assert "The old pair stays and keeps working" in said.err
    old, new = life.pair(NAME), life.pair(SECOND)
    assert (old["renewed_by"], new["renews"], old["next"]) == (SECOND, NAME, "none")
    assert (old["subject"], old["names"]) == (new["subject"], new["names"])
    assert life.run("renew", NAME).status == 1
    life.back_up(SECOND)
    csr = life.ok("csr", SECOND, "--mark-submitted").out
    assert f"it replaces {NAME}: install it before " in life.certify(csr).err
    life.install(SECOND, "server-2")
    life.ok("retire", NAME)
    assert [pair["name"] for pair in life.ok("list", "--json").json["pairs"]] == [SECOND, NAME]
    assert life.due() == []

    # Renewed with the old CSR
    life.now += 61 * DAY
    assert life.due() == [SECOND]
    before = life.pair(SECOND)
    again = life.ok("renew", SECOND, "--reuse", "--mark-submitted")
    assert again.out == csr
    assert f"SPKI SHA-256 {before['key']['spki_sha256']}" in again.err
    assert (life.pair(SECOND)["next"], life.due()) == ("import", [])
    life.certify(again.out)
    after = life.pair(SECOND)
    assert after["expires"] > before["expires"]
    assert after["key"] == before["key"]
    life.install(SECOND, "server-3")
    assert len(list(csrtui.pair(SECOND).glob("certificate-*.pem"))) == 1

    # No problem; then the pair is retired
    assert life.run("doctor").status == 0
    life.ok("retire", SECOND)
    assert life.ok("list").out == ""
    assert sorted(csrtui.pairs) == [NAME, SECOND]
    for name in (NAME, SECOND):
        assert life.pair(name)["stage"] == "retired"
        assert csrtui.pair(name).joinpath("key.pem").exists()
    life.ok("verify")
