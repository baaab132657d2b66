"""``csrtui export`` and ``csrtui guide``: results, directives, exit codes and passphrases."""

from __future__ import annotations

import os
import pwd
import subprocess
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem, root
from command import ROOT, argv, environment, run_process
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from pty_session import PtySession

from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.package_data import servers

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

CANARY = "correct-horse-battery"
OTHER_CANARY = "staple-battery-horse"


@pytest.fixture
def to(tmp_path: Path) -> Path:
    folder = tmp_path / "to"
    folder.mkdir()
    return folder


def secret_file(path: Path, text: str) -> str:
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


def issued(csrtui: Csrtui, name: str = "a.com", *options: str) -> None:
    """Return a pair with an imported certificate."""
    assert csrtui("new", name, *options).status == 0
    csr = x509.load_pem_x509_csr((csrtui.pair(name) / "request.pem").read_bytes())
    leaf = intermediate().sign(csr.public_bytes(Encoding.DER))
    assert csrtui("import", "-", stdin=pem(leaf, intermediate().certificate)).status == 0


def test_json_has_an_entry_for_every_file_and_the_directives_go_to_stderr(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--json")
    assert ran.status == 0
    assert set(ran.json) == {"schema", "ok", "results"}
    assert (ran.json["schema"], ran.json["ok"]) == (1, True)
    assert [(one["ok"], one["pair"], one["file"]) for one in ran.json["results"]] == [
        (True, "a.com", str(to / "a.com.crt")),
        (True, "a.com", str(to / "a.com.key")),
    ]
    assert f"  ssl_certificate {to}/a.com.crt;\n" in ran.err
    assert f"  ssl_certificate_key {to}/a.com.key;\n" in ran.err
    assert "  nginx -t && systemctl reload nginx\n" in ran.err
    assert "authoritative: nginx.org" in " ".join(ran.err.split())
    assert "PRIVATE KEY" not in ran.out + ran.err
    assert csrtui("show", "a.com", "--json").json["next"] != "install"


def test_for_other_software_the_owner_of_the_key_is_named(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    ran = csrtui("export", "a.com", "--for", "other", "--to", str(to))
    said = " ".join(ran.out.split())
    assert "The key must belong to the user that the server runs as. mosquitto, Redis, PostgreSQL" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other users")
def test_the_key_belongs_to_the_servers_own_user_by_default(csrtui: Csrtui, to: Path) -> None:
    users = {entry.pw_name for entry in pwd.getpwall()}
    server = next((server for server in servers().values() if server.owner in users), None)
    if server is None:
        pytest.skip("no user of any server software exists")
    issued(csrtui)
    export = ("export", "a.com", "--for", server.platform, "--to", str(to))
    ran = csrtui(*export)
    assert f"for {server.owner} only (0600)" in ran.out
    assert "must belong to" not in ran.out
    assert (to / "a.com.key").owner() == server.owner
    assert (to / "a.com.crt").owner() == "root"
    os.chown(to / "a.com.key", 0, 0)
    assert csrtui(*export, "--replace").status == 0
    assert (to / "a.com.key").owner() == "root"  # a replaced file keeps its owner
    (to / "a.com.key").unlink()
    (to / "a.com.crt").unlink()
    assert csrtui(*export, "--owner", "root").status == 0
    assert (to / "a.com.key").owner() == "root"
    (to / "a.com.key").unlink()
    (to / "a.com.crt").unlink()
    ran = csrtui(*export, "--group", "daemon", "--mode", "640")
    assert "must belong to" not in ran.out
    key = to / "a.com.key"
    # PostgreSQL accepts a key that a group can read only if root owns it.
    assert (key.owner(), key.group(), f"{key.stat().st_mode:o}") == ("root", "daemon", "100640")


def test_a_root_that_is_stored_with_the_chain_is_not_given_to_servers(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    assert csrtui("import", "-", "--pair", "a.com", stdin=pem(root().certificate)).status == 0
    assert (csrtui.pair("a.com") / "certificate.pem").read_bytes().count(b"BEGIN") == 3
    assert csrtui("export", "a.com", "--for", "nginx", "--to", str(to)).status == 0
    given = x509.load_pem_x509_certificates((to / "a.com.crt").read_bytes())
    assert given[1:] == [intermediate().certificate]


def test_the_text_has_a_line_for_each_file_and_then_the_directives(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    ran = csrtui("export", "a.com", "--for", "haproxy", "--to", str(to))
    first, *lines = ran.out.splitlines()
    assert first == (
        f"ok  a.com  {to}/a.com.pem  written, contains the key without a passphrase, for its owner only (0600)"
    )
    assert f"  bind :443 ssl crt {to}/a.com.pem" in lines
    assert "PRIVATE KEY" not in ran.out
    assert ran.err == ""


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("export", "b.com", "--for", "nginx"), 2, "there is no pair b.com"),
        (("export", "a.com", "--for", "winnt"), 2, "unknown server software"),
        (("export", "a.com", "--for", "nginx", "--legacy"), 2, "--legacy is for PKCS #12 files"),
        (("export", "bare.com", "--for", "nginx"), 1, "has no certificate yet"),
        (("export", "bare.com", "--for", "iis"), 1, "has no certificate yet"),
        (("guide", "winnt"), 2, "unknown server software"),
    ],
)
def test_impossible_requests_are_refused(
    csrtui: Csrtui, to: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    issued(csrtui)
    csrtui("new", "bare.com")
    target = ("--to", str(to)) if arguments[0] == "export" else ()
    ran = csrtui(*arguments, *target)
    assert ran.status == status
    assert said in ran.error
    assert ran.hint
    assert list(to.iterdir()) == []


def test_a_missing_folder_is_reported_with_the_command_that_creates_it(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to / "x y"))
    assert ran.status == 2
    assert ran.hint == f"mkdir -p -m 700 '{to}/x y', or mount it"


@pytest.mark.parametrize("legacy", [True, False])
def test_the_passphrase_of_the_file_comes_from_a_file(
    csrtui: Csrtui, to: Path, tmp_path: Path, legacy: bool
) -> None:
    issued(csrtui)
    passphrase = secret_file(tmp_path / "p", CANARY)
    options = ("--legacy",) if legacy else ()
    ran = csrtui(
        "export", "a.com", "--for", "iis", "--to", str(to), "--passphrase-file", passphrase, *options
    )
    assert ran.status == 0
    assert CANARY not in ran.out + ran.err
    assert "warning: A PKCS #12 file has a weak MAC" in ran.err
    assert load_pkcs12((to / "a.com.pfx").read_bytes(), CANARY.encode()).key


def test_the_passphrase_of_the_key_comes_from_a_file(csrtui: Csrtui, to: Path, tmp_path: Path) -> None:
    own = secret_file(tmp_path / "own", CANARY)
    issued(csrtui, "a.com", "--passphrase-file", own)
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--key-passphrase-file", own)
    assert ran.status == 0
    assert "nginx gets the key without a passphrase" in ran.err
    assert CANARY not in ran.out + ran.err
    wrong = secret_file(tmp_path / "wrong", OTHER_CANARY)
    ran = csrtui("export", "a.com", "--replace", "--key-passphrase-file", wrong)
    assert ran.status == 1
    assert "the passphrase does not open the key" in ran.error


def test_an_unused_passphrase_is_reported(csrtui: Csrtui, to: Path, tmp_path: Path) -> None:
    issued(csrtui)
    file = secret_file(tmp_path / "p", CANARY)
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--key-passphrase-file", file)
    assert (ran.status, ran.hint) == (2, "leave out --key-passphrase-file")
    assert list(to.iterdir()) == []
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--passphrase-file", file)
    assert ran.status == 0
    assert "warning: nginx does not use a PKCS #12 file; the passphrase is not used" in ran.err
    assert "written, contains the key without a passphrase" in ran.out


def test_without_an_encrypted_file_the_passphrase_is_for_the_key(
    csrtui: Csrtui, to: Path, tmp_path: Path
) -> None:
    own = secret_file(tmp_path / "own", CANARY)
    issued(csrtui, "a.com", "--passphrase-file", own)
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--passphrase-file", own)
    assert ran.status == 0
    assert "protects nothing" not in ran.err
    missing = str(tmp_path / "missing")
    ran = csrtui("export", "a.com", "--for", "haproxy", "--to", str(to), "--passphrase-file", missing)
    assert (ran.status, ran.error) == (2, f"cannot read {missing}: No such file or directory")


def test_without_a_terminal_the_option_is_named(csrtui: Csrtui, to: Path, tmp_path: Path) -> None:
    issued(csrtui, "a.com", "--passphrase-file", secret_file(tmp_path / "own", CANARY))
    ran = run_process(
        "export", "a.com", "--for", "nginx", "--to", str(to), store=csrtui.store, new_session=True
    )
    assert (ran.status, ran.hint) == (2, "use --key-passphrase-file")
    assert list(to.iterdir()) == []


def test_a_record_that_cannot_be_written_gives_exit_3_after_the_results(
    csrtui: Csrtui, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from csrtui.core.base.errors import StoreError
    from csrtui.tasks import server_files

    issued(csrtui)

    def busy(*_: object) -> None:
        raise StoreError("somebody holds the pair")

    monkeypatch.setattr(server_files, "change_record", busy)
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--json")
    assert ran.status == 3
    assert len(ran.json["results"]) == 2
    assert "the files are written, but not recorded" in ran.error


def test_both_passphrases_are_asked_for_and_never_echoed(
    csrtui: Csrtui, to: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(csrtui, "a.com", "--passphrase-file", secret_file(tmp_path / "own", CANARY))
    monkeypatch.chdir(ROOT)
    command = argv("export", "a.com", "--for", "iis", "--to", str(to))
    with PtySession(command, env=environment(csrtui.store)) as terminal:
        terminal.wait_for("Passphrase of the key of a.com:")
        terminal.send(f"{CANARY}\n")
        terminal.wait_for("Passphrase for the PKCS #12 file:")
        terminal.send(f"{OTHER_CANARY}\n")
        terminal.wait_for("Repeat it:")
        terminal.send(f"{OTHER_CANARY}\n")
        assert terminal.wait_exit() == 0
        assert not [canary for canary in (CANARY, OTHER_CANARY) if canary.encode() in terminal.raw]
    assert load_pkcs12((to / "a.com.pfx").read_bytes(), OTHER_CANARY.encode()).key


# Renewals


def test_the_first_export_needs_the_server_and_the_folder(csrtui: Csrtui) -> None:
    issued(csrtui)
    ran = csrtui("export", "a.com")
    assert (ran.status, ran.hint) == (2, "use --for PLATFORM and --to DIR")
    assert ran.error.startswith("a.com has not been installed yet")


def test_a_renewal_needs_no_server_and_no_folder_and_can_be_undone(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    ran = csrtui("export", "a.com")
    assert (ran.status, ran.hint) == (2, "use --for PLATFORM and --to DIR")
    assert csrtui("export", "a.com", "--for", "nginx", "--to", str(to)).status == 0
    server = csrtui("show", "a.com", "--json").json["server"]
    assert (server["platform"], server["folder"]) == ("nginx", str(to))
    old = {path.name: path.read_bytes() for path in to.iterdir()}
    assert csrtui("renew", "a.com", "--json").json["server"] == server
    csr = x509.load_pem_x509_csr((csrtui.pair("a.com-2") / "request.pem").read_bytes())
    leaf = intermediate().sign(csr.public_bytes(Encoding.DER))
    assert csrtui("import", "-", stdin=pem(leaf, intermediate().certificate)).status == 0
    ran = csrtui("export", "a.com-2")
    assert (ran.status, ran.error) == (2, f"{to}/a.com.crt already exists")
    assert ran.hint == "--replace replaces it, and keeps the previous files in .csrtui-previous"
    ran = csrtui("export", "a.com-2", "--replace", "--dry-run", "--json")
    assert [one["text"] for one in ran.json["results"]] == ["would be replaced"] * 2
    assert {path.name: path.read_bytes() for path in to.iterdir()} == old
    ran = csrtui("export", "a.com-2", "--replace", "--json")
    assert (ran.status, ran.json["ok"]) == (0, True)
    assert [one["file"] for one in ran.json["results"]] == [f"{to}/a.com.crt", f"{to}/a.com.key"]
    assert f"  ssl_certificate {to}/a.com.crt;\n" in ran.err
    assert csrtui("export", "a.com-2", "--undo", "--mode", "600").status == 2
    ran = csrtui("export", "a.com-2", "--undo")
    assert (ran.status, ran.err) == (0, "next: reload nginx (csrtui guide nginx)\n")
    assert {path.name: path.read_bytes() for path in to.iterdir() if path.is_file()} == old
    ran = csrtui("export", "a.com-2", "--undo", "--json")
    assert (ran.status, ran.json["ok"]) == (1, False)


def test_an_installation_without_csrtui_is_recorded(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    assert csrtui("renew", "a.com").status == 0
    ran = csrtui("export", "a.com-2", "--mark-installed")
    assert (ran.status, ran.error) == (1, "a.com-2 has no certificate yet: there is nothing to install")
    csr = x509.load_pem_x509_csr((csrtui.pair("a.com-2") / "request.pem").read_bytes())
    leaf = intermediate().sign(csr.public_bytes(Encoding.DER))
    assert csrtui("import", "-", stdin=pem(leaf, intermediate().certificate)).status == 0
    assert csrtui("list", "--next", "finish").out.split()[-1] == "finish"
    assert csrtui("export", "a.com-2", "--mark-installed", "--to", str(to)).status == 2
    ran = csrtui("export", "a.com-2", "--mark-installed", "--dry-run")
    assert ran.out == "ok  a.com-2  would be marked as installed\n"
    ran = csrtui("export", "a.com-2", "--mark-installed", "--json")
    assert ran.json["results"] == [
        {"ok": True, "pair": "a.com-2", "file": None, "text": "marked as installed"}
    ]
    assert ran.err.startswith("next, once the server uses it: csrtui retire --store ")
    assert csrtui("show", "a.com-2", "--json").json["installed"] is not None
    assert csrtui("list", "--next", "finish").out == ""
    assert list(to.iterdir()) == []
    assert csrtui("retire", "a.com").status == 0
    assert csrtui("export", "a.com-2", "--mark-installed").err == ""


def test_access_for_others_to_the_key_is_refused(csrtui: Csrtui, to: Path) -> None:
    issued(csrtui)
    for options in (("--mode", "644"), ("--owner", "nobody at all")):
        ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), *options)
        assert ran.status == 2
        assert ran.hint
        assert list(to.iterdir()) == []


# The guide


def test_a_public_certificate_under_the_name_of_the_key_is_not_replaced(csrtui: Csrtui, to: Path) -> None:
    """Otherwise, the user who put it there would get the key, because a replaced file keeps its owner."""
    issued(csrtui)
    planted = to / "a.com.key"
    planted.write_bytes((csrtui.pair("a.com") / "certificate.pem").read_bytes())
    ran = csrtui("export", "a.com", "--for", "nginx", "--to", str(to), "--replace")
    assert (ran.status, "a.com.key is not replaced" in ran.err) == (1, True)
    assert b"PRIVATE" not in planted.read_bytes()


def test_the_guide_alone_lists_all(csrtui: Csrtui) -> None:
    ran = csrtui("guide")
    assert (ran.status, ran.err) == (0, "")
    assert [line.split()[0] for line in ran.out.splitlines()[1:]] == list(PLATFORMS)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_guide_goes_to_stdout_and_needs_no_store(csrtui: Csrtui, platform: str) -> None:
    ran = csrtui("guide", platform)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == PLATFORMS[platform].label
    assert not csrtui.store.exists()


def test_the_guide_loads_no_cryptography() -> None:
    script = (
        "import sys; from csrtui.cli.main import run; run(['guide', 'nginx'], lambda _: 0);"
        "sys.exit('cryptography' in sys.modules)"
    )
    import sys

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
