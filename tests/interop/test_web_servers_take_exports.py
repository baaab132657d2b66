"""Real web servers on loopback, with the files from ``csrtui export``, serve a chain that openssl verifies."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from real_servers import (
    HARD_FOLDER,
    NAME,
    PASSPHRASE,
    PLAIN_FOLDER,
    Issued,
    free_port,
    handshake,
    nginx_conf,
    only,
    program,
    running,
    write,
)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def test_nginx_serves_the_exported_chain(issued: Issued) -> None:
    nginx, port, place = program("nginx"), free_port(), issued.folder
    lines = issued.export("nginx", into=HARD_FOLDER)
    only(lines, "listen 443 ssl;")
    conf = nginx_conf(place, port, lines)
    tested = subprocess.run([nginx, "-t", "-c", conf, "-e", "stderr"], capture_output=True, check=False)
    assert tested.returncode == 0, tested.stderr.decode()
    with running([nginx, "-c", conf, "-e", "stderr"], port, place / "log"):
        handshake(issued, port)


def test_apache_serves_the_exported_chain(issued: Issued) -> None:
    apache, port, place = program("apache2"), free_port(), issued.folder
    lines = issued.export("apache", into=HARD_FOLDER)
    modules = "/usr/lib/apache2/modules"
    conf = write(
        place / "apache.conf",
        f"ServerRoot {place}",
        f"ServerName {NAME}",
        f"PidFile {place}/pid",
        f"ErrorLog {place}/error.log",
        f"DefaultRuntimeDir {place}",
        f"Listen 127.0.0.1:{port}",
        f"LoadModule mpm_event_module {modules}/mod_mpm_event.so",
        f"LoadModule authz_core_module {modules}/mod_authz_core.so",
        f"LoadModule ssl_module {modules}/mod_ssl.so",
        f"<VirtualHost 127.0.0.1:{port}>",
        *only(lines, "SSLEngine on", "SSLCertificateFile ", "SSLCertificateKeyFile "),
        "</VirtualHost>",
    )
    tested = subprocess.run([apache, "-t", "-f", conf], capture_output=True, check=False)
    assert tested.returncode == 0, tested.stderr.decode()
    with running([apache, "-f", conf, "-DFOREGROUND"], port, place / "log"):
        handshake(issued, port)


def test_haproxy_serves_the_exported_chain(issued: Issued) -> None:
    haproxy, port, place = program("haproxy"), free_port(), issued.folder
    (bind,) = only(issued.export("haproxy", into=HARD_FOLDER), "bind ")
    conf = write(
        place / "haproxy.cfg",
        "defaults",
        " mode http",
        " timeout client 10s",
        " timeout server 10s",
        " timeout connect 10s",
        "frontend f",
        " " + bind.replace(":443", f"127.0.0.1:{port}"),
    )
    checked = subprocess.run([haproxy, "-c", "-f", conf], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()
    with running([haproxy, "-db", "-f", conf], port, place / "log"):
        handshake(issued, port)


def test_lighttpd_serves_the_exported_chain(issued: Issued) -> None:
    lighttpd, port, place = program("lighttpd"), free_port(), issued.folder
    if not Path("/usr/lib/lighttpd/mod_openssl.so").exists():
        pytest.skip("lighttpd-mod-openssl is not installed")
    lines = issued.export("lighttpd", into=PLAIN_FOLDER)
    conf = write(
        place / "lighttpd.conf",
        'server.modules = ("mod_openssl")',
        f'server.document-root = "{place}"',
        'server.bind = "127.0.0.1"',
        f"server.port = {port}",
        f'$SERVER["socket"] == "127.0.0.1:{port}" {{',
        *only(lines, "ssl.engine ", "ssl.pemfile ", "ssl.privkey "),
        "}",
    )
    (check,) = only(lines, "lighttpd -tt ")
    check = (
        check.split(" && ")[0].replace("/etc/lighttpd/lighttpd.conf", conf).replace("lighttpd", lighttpd, 1)
    )
    tested = subprocess.run(check.split(), capture_output=True, check=False)
    assert tested.returncode == 0, tested.stderr.decode()
    with running([lighttpd, "-D", "-f", conf], port, place / "log"):
        handshake(issued, port)


TOMCAT = Path("/usr/share/tomcat10")
TOMCAT_FOLDER = "of Jörg; it's #1 100% {x}"
"""The characters of an XML attribute."""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--legacy",)])
def test_tomcat_serves_the_exported_chain(issued: Issued, options: tuple[str, ...]) -> None:
    java, port, place = program("java"), free_port(), issued.folder
    if not (TOMCAT / "bin" / "bootstrap.jar").exists():
        pytest.skip("tomcat10 is not installed")
    lines = issued.export("tomcat", "--passphrase-file", issued.passphrase, *options, into=TOMCAT_FOLDER)
    (start,) = only(lines, "<Connector ")
    connector = "\n".join(lines[lines.index(start) : lines.index("</Connector>") + 1])
    for folder in ("conf", "temp", "webapps"):
        (place / folder).mkdir()
    write(
        place / "conf" / "server.xml",
        '<Server port="-1"><Service name="Catalina">',
        connector.replace('port="8443"', f'port="{port}" address="127.0.0.1"').replace(
            "PASSPHRASE", PASSPHRASE
        ),
        '<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" /></Engine>',
        "</Service></Server>",
    )
    jars = ":".join(str(TOMCAT / "bin" / jar) for jar in ("bootstrap.jar", "tomcat-juli.jar"))
    command = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", jars, f"-Dcatalina.home={TOMCAT}",
               f"-Dcatalina.base={place}", f"-Djava.io.tmpdir={place / 'temp'}",
               "org.apache.catalina.startup.Bootstrap", "start"]  # fmt: skip
    with running(command, port, place / "log"):
        handshake(issued, port)


JETTY = Path("/usr/share/jetty9")


@pytest.mark.slow
def test_jetty_serves_the_exported_chain(issued: Issued) -> None:
    java, port, place = program("java"), free_port(), issued.folder
    if not (JETTY / "start.jar").exists():
        pytest.skip("jetty9 is not installed")
    lines = issued.export("jetty", "--passphrase-file", issued.passphrase, into="of Jörg; it's 1")
    base = place / "base"
    (base / "start.d").mkdir(parents=True)
    (add,) = only(lines, "java ")
    subprocess.run(
        [program("bash"), "-c", add], cwd=base, env={**os.environ, "JETTY_HOME": str(JETTY)}, check=True
    )
    settings = [line.replace("PASSPHRASE", PASSPHRASE) for line in lines if line.startswith("jetty.")]
    with (base / "start.d" / "ssl.ini").open("a") as file:
        file.write("\n".join([*settings, f"jetty.ssl.port={port}", "jetty.ssl.host=127.0.0.1", ""]))
    command = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Djetty.home={JETTY}",
               f"-Djetty.base={base}", "-jar", str(JETTY / "start.jar")]  # fmt: skip
    with running(command, port, place / "log"):
        handshake(issued, port)
