"""The collection over real SSH on two hosts: the whole journey, the transmitted bytes, and failing hosts."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from command import run_process
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from playbooks import MODULE, play, playing, program
from real_authorities import OpensslCa
from recorded_ssh import found_in, recorded, secrets_of, write_recorder
from sshd_hosts import ALL, Hosts, running_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

DOMAIN = "example-shop.com"
PASSPHRASE = "canary seven words that nobody would guess"
REQUEST = {
    "name": "a pair",
    MODULE + "pair": {
        "names": ["{{ inventory_hostname }}." + DOMAIN],
        "subject": {"organization": "My Ltd", "locality": "London", "country": "GB"},
        "platform": "nginx",
        "recipients": ["{{ lookup('ansible.builtin.file', backup_key) }}"],
        "backup_to": "{{ csrtui_home }}/backups",
    },
    "register": "made",
}
FETCH = {
    "name": "fetch",
    "ansible.builtin.copy": {
        "content": "{{ made.csr }}",
        "dest": "{{ here }}/{{ inventory_hostname }}.csr",
        "mode": "0644",
    },
    "delegate_to": "localhost",
    "vars": {"ansible_connection": "local"},
}
HAND_BACK = {
    "name": "hand back",
    MODULE + "certificate": {
        "content": "{{ lookup('ansible.builtin.file', here ~ '/' ~ inventory_hostname ~ '.pem') }}",
        "export_for": "nginx",
        "export_to": "{{ csrtui_home }}/tls",
    },
}
FACTS = {"name": "facts", MODULE + "facts": {}}


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Return two hosts with folders for backups and for a server's files."""
    program("ansible-playbook")
    folder = tmp_path / "hosts"
    folder.mkdir()
    with running_hosts(folder) as running:
        for host in running.hosts:
            (host.home / "backups").mkdir()
            (host.home / "tls").mkdir()
        yield running


def name_on(host: str) -> str:
    return f"{host}.{DOMAIN}"


def key_of(hosts: Hosts, host: str) -> Path:
    (found,) = (one for one in hosts.hosts if one.name == host)
    return found.store / "pairs" / name_on(host) / "key.pem"


def signed(folder: Path, requests: Path) -> None:
    """Have ``openssl ca`` sign each CSR in a folder, and write certificate and chain beside it."""
    folder.mkdir()
    authority = OpensslCa(folder)
    for csr in sorted(requests.glob("*.csr")):
        answer = authority.answer(csr)
        whole = b"".join(
            file.read_bytes() if b"-----BEGIN" in file.read_bytes() else pem_of(file) for file in answer.files
        )
        csr.with_suffix(".pem").write_bytes(whole)


def pem_of(file: Path) -> bytes:
    form = ["openssl", "pkcs7", "-inform", "DER", "-print_certs", "-in", str(file)]
    return subprocess.run(form, capture_output=True, check=True).stdout


def test_two_hosts_get_certificates_and_no_secret_is_transmitted(hosts: Hosts, tmp_path: Path) -> None:
    here, carried = tmp_path / "csr", tmp_path / "carried"
    here.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "admin")], check=True)
    secret = hosts.folder / "passphrase"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    for host in hosts.hosts:  # another file of the user: a key with a passphrase
        made = ("new", "intranet", "--ca", "private", "--encrypt-key", "--passphrase-file", str(secret))
        assert run_process(*made, store=host.store).status == 0
    recorder = write_recorder(tmp_path / "ssh", carried, shutil.which("ssh") or "ssh")
    inventory = hosts.inventory()
    known = {"here": str(here), "backup_key": str(tmp_path / "admin.pub")}
    more: dict[str, Any] = {"vars": known}
    env = {"ANSIBLE_SSH_EXECUTABLE": str(recorder), "ANSIBLE_SSH_TRANSFER_METHOD": "piped"}

    looked = play(inventory, [REQUEST], "--check", env=env, **more)
    assert looked.status == 0, looked.text
    assert {host: one["changed"] for host, one in looked.of("a pair").items()} == dict.fromkeys(ALL, True)
    assert not any((host.store / "pairs" / name_on(host.name)).exists() for host in hosts.hosts)

    asked = play(inventory, [REQUEST, FETCH], env=env, **more)
    assert asked.status == 0, asked.text
    for host in hosts.hosts:
        result = asked.of("a pair")[host.name]
        assert (result["changed"], result["done"]) == (True, ["made", "backed up"])
        assert result["pair"]["backup"]["status"] == "unverified"
        assert (here / f"{host.name}.csr").read_text() == result["csr"]

    signed(tmp_path / "authority", here)
    back = play(inventory, [HAND_BACK], env=env, **more)
    assert back.status == 0, back.text
    for host in hosts.hosts:
        result = back.of("hand back")[host.name]
        assert (result["changed"], result["pairs"][0]["stage"]) == (True, "issued")
        held_by_the_server(host.home / "tls", key_of(hosts, host.name))

    again = play(inventory, [REQUEST, HAND_BACK, FACTS], env=env, **more)
    assert again.status == 0, again.text
    assert {(line["task"], line["result"]["changed"]) for line in again.results} == {
        ("a pair", False),
        ("hand back", False),
        ("facts", False),
    }
    for facts in again.of("facts").values():
        assert {pair["stage"] for pair in facts["ansible_facts"]["csrtui"]["pairs"]} == {"issued", "new"}

    nothing_secret_travelled(hosts, recorded(carried))


def held_by_the_server(folder: Path, key: Path) -> None:
    """Assert that nginx's folder contains the key and a certificate for it."""
    private = load_pem_private_key(key.read_bytes(), None)
    texts = [path.read_bytes() for path in folder.iterdir()]
    (kept,) = (text for text in texts if b"PRIVATE KEY" in text)
    assert load_pem_private_key(kept, None).public_key() == private.public_key()
    leaves = [x509.load_pem_x509_certificate(text) for text in texts if b"BEGIN CERTIFICATE" in text]
    assert private.public_key() in [leaf.public_key() for leaf in leaves]


def nothing_secret_travelled(hosts: Hosts, kept: dict[str, bytes]) -> None:
    """Search all bytes of SSH's pipes for keys and passphrases, and check that the search would find them."""
    secrets = [PASSPHRASE.encode(), b"ENCRYPTED PRIVATE KEY-----\n"]
    for host in hosts.hosts:
        secrets += secrets_of(key_of(hosts, host.name))
        encrypted = host.store / "pairs" / "intranet" / "key.pem"
        secrets += encrypted.read_bytes().splitlines()[1:-2]  # the last line of base64 is short
    assert sum(map(len, kept.values())) > 100_000
    assert {Path(name).name for name in kept} == {"arguments", "stdin", "stdout", "stderr"}
    assert found_in(kept.values(), secrets) == []
    for host in hosts.hosts:
        request = (host.store / "pairs" / name_on(host.name) / "request.pem").read_bytes()
        assert found_in(kept.values(), request.splitlines()[1:3]) == request.splitlines()[1:3]


def test_the_search_would_find_a_transmitted_key(hosts: Hosts, tmp_path: Path) -> None:
    (host, *_) = hosts.hosts
    assert run_process("new", name_on(host.name), store=host.store).status == 0
    carried = tmp_path / "carried"
    recorder = write_recorder(tmp_path / "ssh", carried, shutil.which("ssh") or "ssh")
    key = key_of(hosts, host.name)
    task = {"name": "slurp", "ansible.builtin.slurp": {"src": str(key)}}
    env = {"ANSIBLE_SSH_EXECUTABLE": str(recorder)}
    assert play(hosts.inventory(), [task], "--limit", host.name, env=env).status == 0
    found = found_in(recorded(carried).values(), secrets_of(key))
    assert set(secrets_of(key)[:2]) <= set(found)


def test_hosts_fail_in_different_ways_and_the_others_finish(hosts: Hosts, tmp_path: Path) -> None:
    (sound, *_) = hosts.hosts
    where = f"ansible_host={sound.address} ansible_port={sound.port} csrtui_home={sound.home}"
    newer, hanging = tmp_path / "newer", tmp_path / "hanging"
    newer.write_text('#!/bin/sh\necho \'{"schema": 2, "pairs": [], "pair": null}\'\n')
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    for script in (newer, hanging):
        script.chmod(0o755)
    full = tmp_path / "full"
    full.mkdir(mode=0o700)
    inventory = hosts.inventory([
        f"gone ansible_host=127.0.0.250 ansible_port={sound.port} csrtui_home={sound.home}",
        f"bare {where} program=/nowhere/csrtui",
        f"newer {where} program={newer}",
        f"hanging {where} program={hanging} patience=3",
        f"full {where} program={full_disk(tmp_path, full)} keystore={full}/keystore",
    ])  # fmt: skip
    task = {
        "name": "a pair",
        MODULE + "pair": {
            "names": ["{{ inventory_hostname }}." + DOMAIN],
            "executable": "{{ program | default(omit) }}",
            "store": "{{ keystore | default(omit) }}",
            "timeout": "{{ patience | default(omit) }}",
        },
    }
    options = ("--timeout", "5", "--forks", "8")
    first = play(inventory, [task], *options)
    failed = {host: status for host, status in first.status_of("a pair").items() if status != "ok"}
    assert failed == {"gone": "unreachable"} | dict.fromkeys(("bare", "newer", "hanging", "full"), "failed")
    told = first.of("a pair")
    assert {host: told[host]["reason"] for host in ("bare", "newer", "hanging", "full")} == {
        "bare": "missing", "newer": "schema", "hanging": "timeout", "full": "store",
    }  # fmt: skip
    for host in ("bare", "newer", "hanging", "full"):
        assert told[host]["remedy"], told[host]
        assert told[host]["remedy"] in told[host]["msg"]
    assert "No space left on device" in told["full"]["msg"]
    assert all(told[host.name]["changed"] for host in hosts.hosts)

    assert not list(full.rglob("*.pem"))
    (tmp_path / "room").touch()
    again = play(inventory, [task], *options, "--limit", ",".join(["full", *ALL])).of("a pair")
    assert {host: one["changed"] for host, one in again.items()} == dict.fromkeys(ALL, False) | {"full": True}


def full_disk(folder: Path, store: Path) -> Path:
    """Write a csrtui whose disk is full until the file ``room`` exists."""
    path = folder / "on-a-full-disk"
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "def full(*arguments, **options):\n    raise OSError(28, os.strerror(28))\n"
        f"if not os.path.exists({str(folder / 'room')!r}):\n    os.write = os.pwrite = full\n"
        "from csrtui.__main__ import main\nsys.exit(main())\n"
    )
    path.chmod(0o755)
    assert store.is_dir()
    return path


def test_an_interrupt_leaves_every_host_consistent_and_the_next_run_completes_the_work(
    hosts: Hosts, tmp_path: Path
) -> None:
    begun, ended, wrapper = tmp_path / "begun", tmp_path / "ended", tmp_path / "csrtui"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'case "$*" in new*) echo >> {begun};; esac\n'
        f'{Path(sys.executable).with_name("csrtui")} "$@"; status=$?\n'
        f'case "$*" in new*) echo >> {ended};; esac\nexit $status\n'
    )
    wrapper.chmod(0o755)
    inventory = hosts.inventory()
    task = {
        "name": "a pair",
        MODULE + "pair": {"names": ["{{ inventory_hostname }}." + DOMAIN], "executable": str(wrapper)},
    }
    process = playing(inventory, [task])
    wait_until(lambda: begun.exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    wait_until(lambda: ended.exists() and len(ended.read_bytes()) == len(begun.read_bytes()))

    for host in hosts.hosts:
        findings = run_process("doctor", "--json", store=host.store).json["findings"]
        assert [one for one in findings if one["code"] != "backup-none"] == []
    again = play(inventory, [task])
    assert again.status == 0, again.text
    for host in hosts.hosts:
        assert [path.name for path in (host.store / "pairs").glob("[!.]*")] == [name_on(host.name)]


def wait_until(condition: Callable[[], bool]) -> None:
    until = monotonic() + 60
    while not condition():
        assert monotonic() < until
        Event().wait(0.02)
