"""Real databases, brokers, proxies and other services on loopback use the files from ``csrtui export``."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
import yaml
from real_servers import NAME, Issued, free_port, free_ports, handshake, only, program, running, write

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to the user of the server")


@pytest.fixture
def base() -> Iterator[Path]:
    """Return a folder with a short path that the servers' users may enter."""
    with TemporaryDirectory(prefix="csrtui-service-") as top:
        path = Path(top)
        path.chmod(0o755)
        yield path


def export(issued: Issued, base: Path, platform: str, user: str | None = None) -> list[str]:
    """Export into a folder below `base`, with the key owned by the server's user. Return the configuration lines."""
    if user is not None:
        try:
            pwd.getpwnam(user)
        except KeyError:
            pytest.skip(f"there is no user {user}")
    shutil.copy(issued.folder / "root.pem", base)
    options = () if user is None else ("--owner", user)
    lines = replace(issued, folder=base).export(platform, *options, into="tls")
    (base / "tls").chmod(0o755)
    key = next((base / "tls").glob("*.key"))
    assert key.stat().st_mode & 0o777 == 0o600
    assert user is None or key.owner() == user
    return lines


def as_user(user: str, *command: str) -> list[str]:
    return [program("setpriv"), f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]


def owned(path: Path, user: str) -> Path:
    path.mkdir()
    shutil.chown(path, user, user)
    return path


@NEEDS_ROOT
def test_redis_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    redis, port = program("redis-server"), free_port()
    lines = only(
        export(issued, base, "redis", "redis"),
        "port ", "tls-port ", "tls-cert-file ", "tls-key-file ", "tls-auth-clients ",
    )  # fmt: skip
    lines[1] = f"tls-port {port}"
    conf = write(base / "redis.conf", "bind 127.0.0.1", f"dir {owned(base / 'data', 'redis')}", *lines)
    with running(as_user("redis", redis, conf), port, base / "log"):
        handshake(issued, port)


@NEEDS_ROOT
def test_mosquitto_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    mosquitto, port = program("mosquitto"), free_port()
    _, *files = only(export(issued, base, "mosquitto", "mosquitto"), "listener ", "certfile ", "keyfile ")
    conf = write(base / "mosquitto.conf", f"listener {port} 127.0.0.1", *files)
    with running(as_user("mosquitto", mosquitto, "-c", conf), port, base / "log"):
        handshake(issued, port)


def test_stunnel_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    stunnel, (port, other) = program("stunnel4"), free_ports(2)
    files = only(export(issued, base, "stunnel"), "cert ", "key ")
    conf = write(
        base / "stunnel.conf", "foreground = yes", "pid =", "[a]", f"accept = 127.0.0.1:{port}",
        f"connect = 127.0.0.1:{other}", *files,
    )  # fmt: skip
    # Without a service behind it, stunnel can reset the connection before the client has read everything.
    with socket.create_server(("127.0.0.1", other)), running([stunnel, conf], port, base / "log"):
        handshake(issued, port)


@NEEDS_ROOT
def test_caddy_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    caddy, port = program("caddy"), free_port()
    (tls,) = only(export(issued, base, "caddy", "caddy"), "tls ")
    home = owned(base / "home", "caddy")
    conf = write(
        base / "Caddyfile", "{", "auto_https disable_redirects", "admin off", "}",
        f"https://{NAME}:{port} {{", "bind 127.0.0.1", tls, "respond hello", "}",
    )  # fmt: skip
    command = as_user(
        "caddy", program("env"), f"HOME={home}", caddy, "run", "--adapter", "caddyfile", "--config", conf
    )
    with running(command, port, base / "log"):
        handshake(issued, port)


@NEEDS_ROOT
def test_postgresql_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("postgresql is not installed")
    port = free_port()
    lines = only(export(issued, base, "postgresql", "postgres"), "ssl = ", "ssl_cert_file ", "ssl_key_file ")
    data = base / "data"
    owned(data, "postgres").chmod(0o700)
    made = subprocess.run(
        as_user("postgres", str(found[-1].parent / "initdb"), "-D", str(data), "--no-sync"),
        capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    with (data / "postgresql.conf").open("a") as conf:
        conf.write("\n".join(["", f"unix_socket_directories = '{data}'", *lines, ""]))
    command = [str(found[-1]), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
    with running(as_user("postgres", *command), port, base / "log"):
        handshake(issued, port, "-starttls", "postgres")


@NEEDS_ROOT
def test_mariadb_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    mariadb, port = program("mariadbd"), free_port()
    lines = only(export(issued, base, "mariadb", "mysql"), "ssl_cert ", "ssl_key ")
    data = owned(base / "data", "mysql")
    made = subprocess.run(
        [program("mariadb-install-db"), "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    conf = write(
        base / "my.cnf", "[mysqld]", f"datadir = {data}", f"socket = {data}/s", f"pid_file = {data}/pid",
        "bind_address = 127.0.0.1", f"port = {port}", *lines,
    )  # fmt: skip
    with running(as_user("mysql", mariadb, f"--defaults-file={conf}"), port, base / "log"):
        handshake(issued, port, "-starttls", "mysql")


@NEEDS_ROOT
def test_openldap_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    slapd, port = program("slapd"), free_port()
    lines = export(issued, base, "openldap", "openldap")
    names = [line.removeprefix("olc").replace(": ", " ") for line in lines if line.startswith("olcTLS")]
    assert len(names) == 2
    owned(base / "run", "openldap")
    conf = write(
        base / "slapd.conf", f"pidfile {base}/run/pid", f"argsfile {base}/run/args", *names, "database config"
    )
    command = [
        slapd,
        "-f",
        conf,
        "-h",
        f"ldaps://127.0.0.1:{port}",
        "-u",
        "openldap",
        "-g",
        "openldap",
        "-d",
        "0",
    ]
    with running(command, port, base / "log"):
        handshake(issued, port)


@NEEDS_ROOT
def test_squid_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    squid, port = program("squid"), free_port()
    (line,) = only(export(issued, base, "squid"), "https_port ")
    owned(base / "run", "proxy")
    conf = write(
        base / "squid.conf", line.replace("3129", f"127.0.0.1:{port}"), f"pid_filename {base}/run/pid",
        f"cache_log {base}/run/log", "access_log none", f"coredump_dir {base}/run", "visible_hostname x",
        "cache_effective_user proxy", "shutdown_lifetime 0 seconds", "pinger_enable off",
    )  # fmt: skip
    with running([squid, "-N", "-f", conf], port, base / "log"):
        handshake(issued, port)


@NEEDS_ROOT
def test_coturn_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    coturn, (port, plain, other) = program("turnserver"), free_ports(3)
    lines = only(export(issued, base, "coturn", "turnserver"), "cert=", "pkey=")
    conf = write(
        base / "turnserver.conf", "listening-ip=127.0.0.1", f"tls-listening-port={port}", f"listening-port={plain}",
        f"alt-listening-port={other}", "no-cli", "no-udp", "no-dtls", "log-file=stdout", "realm=x",
        f"pidfile={owned(base / 'run', 'turnserver')}/pid", f"userdb={base}/run/db", *lines,
    )  # fmt: skip
    with running(as_user("turnserver", coturn, "-c", conf), port, base / "log"):
        handshake(issued, port)


@NEEDS_ROOT
def test_prosody_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    prosody, port = program("prosody"), free_port()
    lines = export(issued, base, "prosody", "prosody")
    start = lines.index("ssl = {")
    data = owned(base / "data", "prosody")
    conf = write(
        base / "prosody.cfg.lua", f'pidfile = "{data}/pid"; data_path = "{data}"', 'modules_enabled = { "tls" }',
        'modules_disabled = { "s2s" }', 'interfaces = { "127.0.0.1" }', f"c2s_ports = {{ {port} }}",
        'log = { { levels = { min = "info" }, to = "console" } }', f'VirtualHost "{NAME}"', *lines[start : start + 4],
    )  # fmt: skip
    with running(as_user("prosody", prosody, "-F", "--config", conf), port, base / "log"):
        handshake(issued, port, "-starttls", "xmpp", "-xmpphost", NAME)


@NEEDS_ROOT
def test_rabbitmq_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    server, epmd = Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), program("epmd")
    if not server.exists():
        pytest.skip("rabbitmq-server is not installed")
    port, names, peers = free_ports(3)
    _, *files = only(
        export(issued, base, "rabbitmq", "rabbitmq"), "listeners.ssl.default ", "ssl_options.cacertfile ",
        "ssl_options.certfile ", "ssl_options.keyfile ",
    )  # fmt: skip
    conf = write(
        base / "rabbitmq.conf", "listeners.tcp = none", f"listeners.ssl.1 = 127.0.0.1:{port}", *files
    )
    home = owned(base / "home", "rabbitmq")
    variables = {
        "HOME": home, "RABBITMQ_CONFIG_FILE": conf, "RABBITMQ_MNESIA_BASE": home, "RABBITMQ_LOG_BASE": home,
        "RABBITMQ_ENABLED_PLUGINS_FILE": home / "plugins", "RABBITMQ_NODENAME": "csrtui@localhost",
        "RABBITMQ_DIST_PORT": peers, "ERL_EPMD_PORT": names, "ERL_EPMD_ADDRESS": "127.0.0.1",
    }  # fmt: skip
    setting = [program("env"), *(f"{name}={value}" for name, value in variables.items())]
    with (
        running(as_user("rabbitmq", *setting, epmd), names, base / "epmd.log"),
        running(as_user("rabbitmq", *setting, str(server)), port, base / "log"),
    ):
        handshake(issued, port)


@NEEDS_ROOT
def test_cups_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    cupsd, port = program("cupsd"), free_port()
    export(issued, base, "cups")
    folders = {name: base / name.lower() for name in ("CacheDir", "RequestRoot", "StateDir", "TempDir")}
    for folder in folders.values():
        owned(folder, "lp")
    files = write(
        base / "cups-files.conf", f"ServerKeychain {base}/tls", f"ServerRoot {base}", "AccessLog stderr",
        "ErrorLog stderr", "PageLog stderr", "User lp", "Group lp", "SystemGroup root",
        *(f"{name} {folder}" for name, folder in folders.items()),
    )  # fmt: skip
    conf = write(base / "cupsd.conf", f"ServerName {NAME}", f"SSLListen 127.0.0.1:{port}", "Browsing Off")
    with running([cupsd, "-f", "-c", conf, "-s", files], port, base / "log"):
        handshake(issued, port)


def test_openvpn_shows_the_exported_chain_to_a_client(issued: Issued, base: Path) -> None:
    openvpn, port = program("openvpn"), free_port()
    lines = only(export(issued, base, "openvpn"), "cert ", "key ")
    # openssl cannot ask OpenVPN, whose protocol wraps TLS. The server ends the connection after the client has verified
    # it, because a certificate for servers is not valid for the client.
    both = ("dev null", "cipher AES-256-GCM", "verb 3", *lines,
            f"ca {base}/root.pem")  # fmt: skip
    server = write(base / "server.conf", "tls-server", "dh none", "proto tcp-server", "local 127.0.0.1",
                   f"lport {port}", *both)  # fmt: skip
    client = write(base / "client.conf", "tls-client", "proto tcp-client", f"remote 127.0.0.1 {port}", "nobind",
                   f"verify-x509-name {NAME} name", "ping-exit 3", *both)  # fmt: skip
    with (base / "log").open("wb") as log:
        listening = subprocess.Popen([openvpn, server], stdout=log, stderr=log)
    try:
        time.sleep(1)
        done = subprocess.run(
            [program("timeout"), "5", openvpn, client], capture_output=True, text=True, check=False
        )
    finally:
        listening.kill()
        listening.wait()
    assert f"VERIFY OK: depth=0, CN={NAME}" in done.stdout, done.stdout + (base / "log").read_text()
    assert "ERROR" not in done.stdout.partition("VERIFY OK: depth=0")[0]


@NEEDS_ROOT
def test_freeradius_loads_the_exported_chain(issued: Issued, base: Path) -> None:
    freeradius, original = program("freeradius"), Path("/etc/freeradius/3.0")
    shutil.copytree(original, base / "raddb", symlinks=True)
    eap = base / "raddb" / "mods-available" / "eap"
    lines = only(export(issued, base, "freeradius", "freerad"), "certificate_file ", "private_key_file ")
    text = eap.read_text()
    for line in lines:
        text, count = re.subn(rf"(?m)^\s*{line.split()[0]} = .*$", line, text)
        assert count == 1
    text = re.sub(r"(?m)^\s*(ca_file|ca_path|private_key_password) = .*$", "", text)
    eap.write_text(text)
    shutil.chown(base / "raddb", "freerad", "freerad")
    for path in (base / "raddb").rglob("*"):
        shutil.chown(path, "freerad", "freerad") if not path.is_symlink() else None
    command = as_user("freerad", freeradius, "-XC", "-d", str(base / "raddb"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Configuration appears to be OK" in done.stdout, done.stdout[-2000:]


@NEEDS_ROOT
def test_proftpd_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    proftpd, port = program("proftpd"), free_port()
    kind = "RSA" if b"RSA" in _key_text(issued) else "EC"
    lines = only(
        export(issued, base, "proftpd"), "TLSEngine ", "TLSCertificateChainFile ",
        f"TLS{kind}CertificateFile ", f"TLS{kind}CertificateKeyFile ",
    )  # fmt: skip
    conf = write(
        base / "proftpd.conf", "LoadModule mod_tls.c", "ServerType standalone", "UseIPv6 off", "DefaultAddress 127.0.0.1",
        "SocketBindTight on", f"Port {port}", "User nobody", "Group nogroup", f"PidFile {base}/pid",
        f"ScoreboardFile {base}/score", f"DelayTable {base}/delay", "WtmpLog off", f"SystemLog {base}/system.log",
        "UseReverseDNS off", *lines,
    )  # fmt: skip
    with running([proftpd, "-n", "-c", conf], port, base / "log"):
        handshake(issued, port, "-starttls", "ftp")


def _key_text(issued: Issued) -> bytes:
    path = issued.store / "pairs" / NAME / "key.pem"
    shown = subprocess.run(
        ["openssl", "pkey", "-in", str(path), "-noout", "-text"], capture_output=True, check=True
    )
    return b"RSA" if b"modulus" in shown.stdout else b"EC"


@NEEDS_ROOT
def test_vsftpd_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    vsftpd, port = program("vsftpd"), free_port()
    lines = only(export(issued, base, "vsftpd"), "ssl_enable=", "rsa_cert_file=", "rsa_private_key_file=")
    (base / "empty").mkdir()
    conf = write(
        base / "vsftpd.conf", "listen=YES", "listen_address=127.0.0.1", f"listen_port={port}", "background=NO",
        "anonymous_enable=YES", f"secure_chroot_dir={base}/empty", "isolate_network=NO", "isolate=NO", *lines,
    )  # fmt: skip
    with running([vsftpd, conf], port, base / "log"):
        handshake(issued, port, "-starttls", "ftp")


def test_nodejs_serves_the_exported_chain(issued: Issued, base: Path) -> None:
    node, port = program("node"), free_port()
    lines = only(export(issued, base, "nodejs"), "const tls ", "const server ")
    script = write(
        base / "server.js", 'const fs = require("fs"), https = require("https"), app = () => {};',
        *(line.replace("443", f'{port}, "127.0.0.1"') for line in lines),
    )  # fmt: skip
    with running([node, script], port, base / "log"):
        handshake(issued, port)


def test_kubectl_makes_the_secret_from_the_exported_files(issued: Issued, base: Path) -> None:
    program("kubectl")
    (line,) = only(export(issued, base, "kubernetes"), "kubectl ")
    make, apply = line.split(" | ")
    assert apply == "kubectl apply -f -"
    done = subprocess.run([program("bash"), "-c", make], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    secret = yaml.safe_load(done.stdout)
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["metadata"]["name"] == NAME
    for member, ending in (("tls.crt", "crt"), ("tls.key", "key")):
        assert b64decode(secret["data"][member]) == (base / "tls" / f"{NAME}.{ending}").read_bytes()
