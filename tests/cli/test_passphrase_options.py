"""``--encrypt-key``: passphrases from a file, a descriptor or the terminal, never shown, and no partial pair."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from command import ROOT, argv, environment, run_process
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from foreign_made import csr, pkcs8, rsa_key
from pty_session import PtySession

from csrtui.core.certificates import csr as request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Csrtui

CANARY = "correct-horse-battery"
NEW = ("new", "shop.mydomain.com", "--encrypt-key")


def opens(folder: Path, passphrase: str) -> bool:
    return load_pem_private_key((folder / "key.pem").read_bytes(), passphrase.encode()) is not None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("switch", [("--encrypt-key",), ()])
def test_the_passphrase_comes_from_a_file(csrtui: Csrtui, file: Path, switch: tuple[str, ...]) -> None:
    ran = csrtui("new", "a.com", *switch, "--passphrase-file", str(file), "--json")
    assert ran.json["key"]["encrypted"] is True
    assert opens(csrtui.pair("a.com"), CANARY)
    assert CANARY not in ran.out + ran.err


def test_the_passphrase_comes_from_a_descriptor(csrtui: Csrtui) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{CANARY}\nmore".encode())
    os.close(writing)
    ran = csrtui(*NEW, "--passphrase-fd", str(reading))
    os.close(reading)
    assert ran.status == 0
    assert opens(csrtui.pair("shop.mydomain.com"), CANARY)


@pytest.mark.parametrize(("text", "warnings"), [("b1ef", 1), ("Söhne & Töchter", 1), (CANARY, 0)])
def test_a_weak_passphrase_causes_a_warning_that_does_not_quote_it(
    csrtui: Csrtui, file: Path, text: str, warnings: int
) -> None:
    file.write_text(text)
    ran = csrtui(*NEW, "--passphrase-file", str(file))
    assert ran.status == 0
    assert ran.err.count("warning: The passphrase") == warnings
    assert text not in ran.err


@pytest.mark.parametrize(
    ("content", "mode", "said", "hint"),
    [
        (None, 0, "No such file", None),
        (b"", 0o600, "contains no passphrase: it is empty", None),
        (b"\n", 0o600, "contains no passphrase: it is empty", None),
        (b"\xff\n", 0o600, "contains no passphrase: it is not UTF-8", None),
        (CANARY.encode(), 0o644, "others can read", "chmod 600 "),
        (CANARY.encode(), 0o620, "others can", "chmod 600 "),
    ],
)
def test_an_unusable_file_is_reported_and_nothing_is_made(
    csrtui: Csrtui, tmp_path: Path, *, content: bytes | None, mode: int, said: str, hint: str | None
) -> None:
    path = tmp_path / "passphrase"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    ran = csrtui(*NEW, "--passphrase-file", str(path))
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.error
    assert hint is None or str(ran.hint).startswith(hint)
    assert csrtui.pairs == []


@pytest.mark.parametrize("number", ["-1", "987", "99999999999999999999999"])
def test_a_closed_descriptor_is_reported_and_nothing_is_made(csrtui: Csrtui, number: str) -> None:
    ran = csrtui(*NEW, f"--passphrase-fd={number}")
    assert (ran.status, ran.out) == (2, "")
    assert f"cannot read the passphrase descriptor {number}" in ran.error
    assert csrtui.pairs == []


def test_the_passphrase_options_exclude_each_other(csrtui: Csrtui, file: Path) -> None:
    ran = csrtui(*NEW, "--passphrase-file", str(file), "--passphrase-fd", "0")
    assert ran.status == 2
    assert "not allowed with argument" in ran.error


def test_a_blocked_request_does_not_ask_for_a_passphrase(csrtui: Csrtui) -> None:
    ran = csrtui("new", "a..com", "--passphrase-file", "/nowhere")
    assert "has an empty label" in ran.error


# On a terminal


def test_without_a_terminal_the_options_are_named(tmp_path: Path) -> None:
    """Run in a new session, so that there is no /dev/tty."""
    ran = run_process(*NEW, store=tmp_path / "store", stdin=CANARY.encode(), new_session=True)
    assert (ran.status, ran.out) == (2, "")
    assert ran.error == "cannot ask for the passphrase: there is no terminal"
    assert ran.hint == "use --passphrase-file or --passphrase-fd"
    assert not (tmp_path / "store").exists()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PtySession]:
    monkeypatch.chdir(ROOT)
    with PtySession(argv(*NEW), env=environment(tmp_path / "store")) as session:
        session.wait_for("Passphrase for the key:")
        yield session


def test_the_passphrase_is_asked_for_twice_and_never_echoed(terminal: PtySession, tmp_path: Path) -> None:
    terminal.send(f"{CANARY}\n")
    terminal.wait_for("Repeat it:")
    terminal.send(f"{CANARY}\n")
    assert terminal.wait_exit() == 0
    assert CANARY.encode() not in terminal.raw
    assert b"\x1b" not in terminal.raw
    assert opens(tmp_path / "store" / "pairs" / "shop.mydomain.com", CANARY)
    assert terminal.attributes == terminal.attributes_before


@pytest.mark.parametrize(
    ("first", "second", "said", "status"),
    [
        (f"{CANARY}\n", "something else\n", "csrtui: error: the two passphrases are not the same", 2),
        ("\n", None, "csrtui: error: an empty passphrase protects nothing", 2),
        ("\x04", None, "csrtui: error: no passphrase was typed", 2),
        (b"canary\xff\n", None, "csrtui: error: the passphrase is not UTF-8", 2),
        ("\x03", None, "", 130),
        (f"{CANARY}\n", "\x03", "", 130),
    ],
)
def test_two_different_passphrases_make_nothing(
    terminal: PtySession, tmp_path: Path, *, first: str | bytes, second: str | None, said: str, status: int
) -> None:
    terminal.send(first)
    if second is not None:
        terminal.wait_for("Repeat it:")
        terminal.send(second)
    assert terminal.wait_exit() == status
    assert said in terminal.text
    assert "Traceback" not in terminal.text
    assert CANARY not in terminal.text
    assert not (tmp_path / "store" / "pairs").exists()
    assert terminal.attributes == terminal.attributes_before


def test_arguments_and_environment_never_contain_the_passphrase(terminal: PtySession) -> None:
    terminal.send(f"{CANARY}\n")
    terminal.wait_for("Repeat it:")
    assert CANARY.encode() not in Path(f"/proc/{terminal.pid}/cmdline").read_bytes()
    if os.geteuid() == 0:  # a process that is not dumpable shows its environment to root only
        assert CANARY.encode() not in Path(f"/proc/{terminal.pid}/environ").read_bytes()


# Passphrases that openssl cannot read


TOO_LONG = b"a1" * 512
UNREADABLE = [
    pytest.param(TOO_LONG, "more than 1023 bytes", id="long"),
    pytest.param(b"canary\0canary", "NUL character", id="nul"),
]


def new_keys(csrtui: Csrtui, tmp_path: Path) -> list[tuple[str, ...]]:
    """Return every command that encrypts a key with a new passphrase, for a store with one issued pair."""
    assert csrtui("new", "a.com").status == 0
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "issued.pem").write_bytes(
        pem(intermediate().sign(csr_of(csrtui.pair("a.com") / "request.pem")))
    )
    assert csrtui("import", str(folder / "issued.pem")).status == 0
    (folder / "key.pem").write_bytes(pkcs8(rsa_key()))
    (folder / "request.pem").write_bytes(csr(rsa_key()))
    (folder / "table.csv").write_text("common_name\nb.com\n")
    to = str(folder)
    adopt = ("adopt", "--key", f"{to}/key.pem", "--csr", f"{to}/request.pem", "--encrypt-key")
    return [
        ("new", "b.com", "--encrypt-key"),
        ("new", "--from", f"{to}/table.csv", "--encrypt-key"),
        ("renew", "a.com", "--encrypt-key"),
        adopt,
        ("backup", "a.com", "--to", to),
        ("export", "a.com", "--for", "tomcat", "--to", to),
    ]


def csr_of(path: Path) -> bytes:
    return request.read_pem(path.read_bytes()).der


def snapshot(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if "/." not in str(path))


@pytest.mark.parametrize(("content", "words"), UNREADABLE)
@pytest.mark.parametrize("source", ["file", "descriptor"])
def test_no_command_encrypts_with_a_passphrase_that_openssl_cannot_read(
    csrtui: Csrtui, tmp_path: Path, source: str, content: bytes, words: str
) -> None:
    commands = new_keys(csrtui, tmp_path)
    file = tmp_path / "passphrase"
    file.write_bytes(content + b"\n")
    file.chmod(0o600)
    before = snapshot(tmp_path)
    for command in commands:
        descriptor = os.open(file, os.O_RDONLY)
        given = ("--passphrase-file", str(file)) if source == "file" else ("--passphrase-fd", str(descriptor))
        ran = csrtui(*command, *given)
        os.close(descriptor)
        assert (ran.status, ran.out) == (2, ""), command
        assert words in ran.error, command
        assert content.decode() not in ran.err
    assert snapshot(tmp_path) == before


def test_the_terminal_refuses_such_a_passphrase_too(terminal: PtySession, tmp_path: Path) -> None:
    for prompt in ("Repeat it:", None):
        terminal.send(TOO_LONG + b"\n")
        if prompt:
            terminal.wait_for(prompt)
    assert terminal.wait_exit() == 2
    assert "csrtui: error: the passphrase has more than 1023 bytes" in terminal.text
    assert not (tmp_path / "store" / "pairs").exists()


@pytest.mark.parametrize(("text", "words"), [("a" * 12, "repeats"), ("password1234", "most common")])
def test_a_repetitive_or_common_passphrase_causes_a_warning(
    csrtui: Csrtui, file: Path, text: str, words: str
) -> None:
    file.write_text(text)
    ran = csrtui(*NEW, "--passphrase-file", str(file))
    assert ran.status == 0
    assert words in ran.err
    assert ran.err.count("warning: The passphrase") == 1
