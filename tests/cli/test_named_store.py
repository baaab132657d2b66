"""A named store that does not exist is an error for commands that need pairs. Commands that add pairs create it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from command import run_process

from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NEEDS_IT = (
    ("list",),
    ("list", "--json"),
    ("show", "a.com"),
    ("csr", "a.com"),
    ("backup", "a.com", "--to", "{tmp}"),
    ("backup", "--all", "--to", "{tmp}"),
    ("verify",),
    ("verify", "{tmp}/file"),
    ("import", "{tmp}/file"),
    ("renew", "a.com"),
    ("export", "a.com", "--for", "nginx", "--to", "{tmp}"),
    ("retire", "a.com"),
    ("doctor",),
    ("doctor", "--json"),
)
DOES_NOT_NEED_IT = (("check", "www.a.com"), ("guide", "nginx"), ("check", "www.a.com", "--find-pair"))


@pytest.fixture
def missing(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"")
    return tmp_path / "not" / "there"


@pytest.mark.parametrize("command", NEEDS_IT)
def test_a_missing_store_that_was_named_is_an_error(
    csrtui: Csrtui, missing: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [part.format(tmp=tmp_path) for part in command]
    for source, options in (("--store", ("--store", str(missing))), ("$CSRTUI_STORE", ())):
        if not options:
            monkeypatch.setenv("CSRTUI_STORE", str(missing))
        ran = csrtui(*options, *words)
        assert (ran.status, ran.out) == (3, "")
        assert ran.error == f"there is no keystore at {missing} ({source})"
        assert ran.hint == f"correct {source}; csrtui new, adopt and restore create a keystore"
    assert not missing.parent.exists()


@pytest.mark.parametrize("command", DOES_NOT_NEED_IT)
def test_commands_that_need_no_store_work_with_a_missing_one(
    csrtui: Csrtui, missing: Path, command: tuple[str, ...]
) -> None:
    assert csrtui("--store", str(missing), *command).status == 0
    assert not missing.exists()


def test_new_makes_the_store_that_was_named(csrtui: Csrtui, missing: Path) -> None:
    assert csrtui("--store", str(missing), "new", "a.com").status == 0
    assert csrtui("--store", str(missing), "list").out.startswith("Name")


def test_adopt_and_restore_make_the_store_that_was_named(csrtui: Csrtui, tmp_path: Path) -> None:
    assert csrtui("new", "a.com").status == 0
    (tmp_path / "phrase").write_text("correct-horse-battery-staple")
    (tmp_path / "phrase").chmod(0o600)
    phrase = ("--passphrase-file", str(tmp_path / "phrase"))
    assert csrtui("backup", "a.com", "--to", str(tmp_path), *phrase).status == 0
    (backup,) = tmp_path.glob("*.backup.pem")
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert csrtui("--store", first, "restore", str(backup), *phrase).status == 0
    files = (
        "--key",
        str(csrtui.pair("a.com") / "key.pem"),
        "--csr",
        str(csrtui.pair("a.com") / "request.pem"),
    )
    assert csrtui("--store", second, "adopt", *files).status == 0
    for store in (first, second):
        assert [pair["name"] for pair in csrtui("--store", store, "list", "--json").json["pairs"]] == [
            "a.com"
        ]


@pytest.mark.parametrize("command", ["list", "verify", "doctor"])
def test_the_default_store_that_is_missing_has_no_pairs(tmp_path: Path, command: str) -> None:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    ran = run_process(command, store=None, env=home)
    assert (ran.status, ran.out) == (0, "")
    assert not (tmp_path / "data").exists()


COMMAND = re.compile(
    r"csrtui (?:adopt|backup|csr|export|import|renew|restore|retire|served|show|verify) (?!--store)"
)


@pytest.mark.parametrize(
    ("prepare", "command"),
    [
        (("retire", "--compromised", "a.com"), ("csr", "a.com")),
        (("retire", "--compromised", "a.com"), ("renew", "a.com", "--reuse")),
        ((), ("export", "a.com", "--for", "nginx", "--to", "{tmp}")),
        ((), ("export", "a.com", "--mark-installed")),
        ((), ("served", "a.com", "{tmp}/file")),
        ((), ("served", "a.com", "{store}/pairs/a.com/key.pem")),
    ],
)
def test_shown_commands_name_the_store(
    csrtui: Csrtui, tmp_path: Path, prepare: tuple[str, ...], command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_bytes(b"nothing")
    csrtui("new", "a.com", "www.a.com")
    if prepare:
        csrtui(*prepare)
    ran = csrtui(*(part.format(tmp=tmp_path, store=csrtui.store) for part in command))
    shown = [line for line in (ran.out + ran.err).splitlines() if "csrtui " in line.removeprefix("csrtui: ")]
    assert any(f" --store {csrtui.store} " in line for line in shown), ran.err
    assert not COMMAND.search(ran.out + ran.err), shown


def test_messages_of_every_layer_name_the_store_of_the_option(csrtui: Csrtui, tmp_path: Path) -> None:
    store = tmp_path / "my store"
    csrtui("--store", str(store), "new", "a.com")
    option = f" --store '{store}'"
    assert csrtui("--store", str(store), "show", "b.com").hint == f"csrtui list{option} shows the pairs"
    (tmp_path / "file").write_bytes((store / "pairs" / "a.com" / "key.pem").read_bytes())
    ran = csrtui("import", "--store", str(store), str(tmp_path / "file"))
    assert f"csrtui adopt{option} --key FILE adds the key" in ran.out
    (store / "pairs" / "a.com" / "certificate.pem").write_bytes(b"nothing")
    assert f"csrtui doctor{option} shows what to do" in csrtui("show", "a.com", "--store", str(store)).out
    csrtui("--store", str(store), "new", "c.com", "-O", "Try csrtui list and csrtui new")
    assert "CN=c.com,O=Try csrtui list and csrtui new\n" in csrtui("show", "c.com", "--store", str(store)).out
    csrtui("new", "a.com")
    assert csrtui("show", "b.com").hint == "csrtui list shows the pairs", "the environment names the store"


def test_a_calendar_names_the_store(csrtui: Csrtui, tmp_path: Path) -> None:
    csrtui("new", "a.com", "www.a.com")
    request = csr.read_pem((csrtui.pair("a.com") / "request.pem").read_bytes())
    (tmp_path / "certificate").write_bytes(pem(intermediate().sign(request.der)))
    assert csrtui("import", str(tmp_path / "certificate")).status == 0
    calendar = csrtui("list", "--ics").out.replace("\r\n ", "")
    assert f"To renew it: csrtui renew --store {csrtui.store} a.com" in calendar
