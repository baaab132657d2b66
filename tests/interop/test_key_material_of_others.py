"""The bundle reader reads files of other programs as they write them today, and each command in a hint works."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem, root
from foreign_made import ec_key, pkcs8, rsa_key
from real_servers import program

from csrtui.core import bundle
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.line_reader import LineReader

if TYPE_CHECKING:
    from csrtui.core.bundle import KeyMaterial
    from csrtui.core.keys.key_types import PrivateKey

PHRASE = "Passw0rd-interop"
SECRET = Secret(PHRASE)
SUBJECT = SubjectFields(common_name="a.com")
CHAIN = pem(intermediate().certificate, root().certificate)
BOUNCY = [Path("/usr/share/java") / f"{name}.jar" for name in ("bcprov", "bcpkix", "bcutil")]


def run(
    *command: str, given: bytes = b"", folder: Path | None = None, env: dict[str, str] | None = None
) -> bytes:
    program(command[0])
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        check=False,
        timeout=120,
        cwd=folder,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == 0, (command, done.stdout[-500:], done.stderr[-1500:])
    return done.stdout


def shell(command: str, folder: Path) -> None:
    run("bash", "-c", command, folder=folder)


def spki(key: PrivateKey) -> str:
    return key_types.spki_sha256(key.public_key())


def only_key(data: bytes, passphrase: Secret | None = None) -> str:
    found = bundle.read(data, passphrase)
    assert not found.problems, [one.sentence for one in found.problems]
    (key,) = found.keys
    return spki(key.key)


def spki_by_openssl(data: bytes, *options: str) -> str:
    import hashlib

    der = run("openssl", "pkey", "-pubout", "-outform", "DER", *options, given=data)
    return hashlib.sha256(der).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with a key, its certificate and the chain."""
    (tmp_path / "key.pem").write_bytes(pkcs8(ec_key()))
    leaf = intermediate().sign(csr.build(SUBJECT, ["a.com"], ec_key()), serial=4711)
    (tmp_path / "leaf.pem").write_bytes(pem(leaf))
    (tmp_path / "chain.pem").write_bytes(CHAIN)
    return tmp_path


def is_the_pair(found: KeyMaterial, certificates: int) -> bool:
    return (
        not found.problems
        and [spki(one.key) for one in found.keys] == [spki(ec_key())]
        and len(found.certificates) == certificates
    )


# GnuTLS


@pytest.mark.parametrize("curve", ["secp256r1", "secp384r1", "secp521r1"])
def test_every_key_of_certtool_is_read(curve: str) -> None:
    """In about two of five keys, the private value has a leading 00."""
    for _ in range(8):
        made = run("certtool", "--generate-privkey", "--key-type", "ecdsa", "--curve", curve, "--no-text")
        assert only_key(made) == spki_by_openssl(made)


@pytest.mark.parametrize(
    "options",
    [
        ("--password", PHRASE),
        pytest.param(("--null-password",), marks=pytest.mark.slow),
        pytest.param(("--empty-password",), marks=pytest.mark.slow),
    ],
)
def test_the_containers_of_certtool_are_read(options: tuple[str, ...], files: Path) -> None:
    load = (
        "--load-privkey",
        "key.pem",
        "--load-certificate",
        "leaf.pem",
        "--load-ca-certificate",
        "chain.pem",
    )
    made = run("certtool", "--to-p12", "--p12-name", "x", *load, *options, folder=files)
    assert b"BEGIN PKCS12" in made
    assert is_the_pair(bundle.read(made, SECRET if PHRASE in options else None), 2)  # it accepts one CA


def test_the_pkcs8_of_certtool_is_read(files: Path) -> None:
    made = run("certtool", "--to-p8", "--load-privkey", "key.pem", "--password", PHRASE, folder=files)
    assert only_key(made, SECRET) == spki(ec_key())


# NSS, as in Firefox


def test_the_containers_of_pk12util_are_read(files: Path) -> None:
    program("pk12util")
    (files / "chain.pem").write_bytes(pem(intermediate().certificate))
    run("openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "chain.pem", "-name", "x",
        "-passout", f"pass:{PHRASE}", "-out", "in.p12", folder=files)  # fmt: skip
    run("certutil", "-N", "-d", ".", "--empty-password", folder=files)
    run("pk12util", "-i", "in.p12", "-d", ".", "-W", PHRASE, folder=files)
    run("pk12util", "-o", "out.p12", "-n", "x", "-d", ".", "-W", PHRASE, folder=files)
    data = (files / "out.p12").read_bytes()
    assert data[1] == 0x80  # BER: its length is indefinite
    found = bundle.read(data, SECRET)
    assert is_the_pair(found, 2)
    assert found.keys[0].is_encrypted


# PuTTY


@pytest.mark.parametrize(
    "kind",
    [
        ("ecdsa", "384"),
        ("ecdsa", "256"),
        ("ed25519", "255"),
        pytest.param(("rsa", "2048"), marks=pytest.mark.slow),
    ],
)
def test_the_hint_for_a_key_of_putty_works(kind: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text(PHRASE)
    run(
        "puttygen",
        "-q",
        "-t",
        kind[0],
        "-b",
        kind[1],
        "-o",
        "FILE",
        "--new-passphrase",
        "phrase",
        folder=tmp_path,
    )
    (problem,) = bundle.read((tmp_path / "FILE").read_bytes()).problems
    assert "this is a PuTTY key" in problem.text
    command = str(problem.hint).partition(" converts it")[0]
    shell(f"{command} --old-passphrase phrase", tmp_path)
    assert only_key((tmp_path / "NEW").read_bytes())


# BouncyCastle

BOUNCY_SOURCE = """
import java.io.*; import java.nio.file.*; import java.security.*; import java.security.cert.*; import java.util.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider; import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.cms.*; import org.bouncycastle.cert.jcajce.JcaCertStore;
public class Make { public static void main(String[] a) throws Exception {
  Security.addProvider(new BouncyCastleProvider());
  KeyStore in = KeyStore.getInstance("PKCS12"); in.load(new FileInputStream("in.p12"), a[0].toCharArray());
  KeyStore out = KeyStore.getInstance("PKCS12", "BC"); out.load(null, null);
  java.security.cert.Certificate[] chain = in.getCertificateChain("x");
  out.setKeyEntry("x", in.getKey("x", a[0].toCharArray()), null, chain);
  try (OutputStream s = new FileOutputStream("out.p12")) { out.store(s, a[0].toCharArray()); }
  CMSSignedDataGenerator g = new CMSSignedDataGenerator(); g.addCertificates(new JcaCertStore(Arrays.asList(chain)));
  Files.write(Path.of("out.p7b"), g.generate(new CMSAbsentContent()).getEncoded());
  KeyPair ed = KeyPairGenerator.getInstance("Ed25519", "BC").generateKeyPair();
  try (JcaPEMWriter w = new JcaPEMWriter(new FileWriter("ed.pem"))) { w.writeObject(ed.getPrivate()); }
  KeyPairGenerator g2 = KeyPairGenerator.getInstance("EC", "BC"); g2.initialize(256); KeyPair ec = g2.generateKeyPair();
  try (JcaPEMWriter w = new JcaPEMWriter(new FileWriter("ec.pem"))) { w.writeObject(ec.getPrivate()); }
} }
"""


@pytest.mark.slow
def test_files_of_bouncycastle_are_read(files: Path) -> None:
    program("javac")  # java compiles the source itself if it can
    if not all(jar.is_file() for jar in BOUNCY):
        pytest.skip("skipped because libbcpkix-java is not installed")
    (files / "Make.java").write_text(BOUNCY_SOURCE)
    run("openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "chain.pem", "-name", "x",
        "-passout", f"pass:{PHRASE}", "-out", "in.p12", folder=files)  # fmt: skip
    run("java", "-cp", ":".join(map(str, BOUNCY)), "Make.java", PHRASE, folder=files)
    assert is_the_pair(bundle.read((files / "out.p12").read_bytes(), SECRET), 3)
    assert len(bundle.read((files / "out.p7b").read_bytes()).certificates) == 3
    for name in ("ed.pem", "ec.pem"):
        assert only_key((files / name).read_bytes())


# Java


def keystore(folder: Path, *options: str) -> Path:
    run("keytool", "-genkeypair", "-alias", "x", "-dname", "CN=a.com", "-keystore", "FILE", "-storepass", PHRASE,
        "-keypass", PHRASE, *options, folder=folder)  # fmt: skip
    return folder / "FILE"


def test_the_keystores_of_keytool_are_read(tmp_path: Path) -> None:
    found = bundle.read(keystore(tmp_path, "-keyalg", "EC", "-groupname", "secp256r1").read_bytes(), SECRET)
    assert (len(found.keys), len(found.certificates), found.problems) == (1, 1, ())


@pytest.mark.slow
def test_a_keystore_for_rsa_pss_is_refused_with_the_reason(tmp_path: Path) -> None:
    found = bundle.read(keystore(tmp_path, "-keyalg", "RSASSA-PSS", "-keysize", "2048").read_bytes(), SECRET)
    assert not found.keys
    assert "RSA-PSS only" in found.problems[0].text


@pytest.mark.parametrize("kind", ["JKS", pytest.param("JCEKS", marks=pytest.mark.slow)])
def test_the_hint_for_a_java_keystore_works(kind: str, tmp_path: Path) -> None:
    data = keystore(tmp_path, "-keyalg", "EC", "-groupname", "secp256r1", "-storetype", kind).read_bytes()
    (problem,) = bundle.read(data, SECRET).problems
    assert problem.text == f"this is a Java keystore ({kind})"
    command = str(problem.hint).removesuffix(" converts it")
    shell(f"{command} -srcstorepass {PHRASE} -deststorepass {PHRASE}", tmp_path)
    assert only_key((tmp_path / "NEW.p12").read_bytes(), SECRET)


# PHP, Ruby, Perl


@pytest.mark.parametrize("phrase", ["", PHRASE])
def test_the_containers_of_php_are_read(phrase: str, files: Path) -> None:
    code = (
        'openssl_pkcs12_export(file_get_contents("leaf.pem"), $out, file_get_contents("key.pem"), $argv[1],'
        ' ["friendly_name" => "x", "extracerts" => [file_get_contents("chain.pem")]]); echo $out;'
    )
    made = run("php", "-r", code, "--", phrase, folder=files)
    assert is_the_pair(bundle.read(made, Secret(phrase) if phrase else None), 2)


@pytest.mark.parametrize("phrase", ["", PHRASE])
def test_the_containers_of_ruby_are_read(phrase: str, files: Path) -> None:
    code = (
        'require "openssl"; key = OpenSSL::PKey.read(File.read("key.pem"));'
        ' leaf = OpenSSL::X509::Certificate.new(File.read("leaf.pem"));'
        ' print OpenSSL::PKCS12.create(ARGV[0], "x", key, leaf).to_der'
    )
    made = run("ruby", "-e", code, phrase, folder=files)
    assert is_the_pair(bundle.read(made, Secret(phrase) if phrase else None), 1)


FORGE = """
const forge = require("node-forge");
const key = forge.pki.privateKeyFromPem(require("fs").readFileSync(0, "utf8"));
const certificate = forge.pki.createCertificate();
certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
certificate.serialNumber = "01";
certificate.validity.notBefore = new Date(1700000000000);
certificate.validity.notAfter = new Date(1900000000000);
certificate.setSubject([{name: "commonName", value: "a.com"}]);
certificate.setIssuer([{name: "commonName", value: "a.com"}]);
certificate.sign(key, forge.md.sha256.create());
const options = {friendlyName: "x", algorithm: process.argv[2]};
const container = forge.pkcs12.toPkcs12Asn1(key, [certificate], process.argv[1], options);
process.stdout.write(Buffer.from(forge.asn1.toDer(container).getBytes(), "binary"));
"""


@pytest.mark.parametrize("phrase", ["", PHRASE])
@pytest.mark.parametrize("algorithm", ["aes256", "3des"])
def test_the_containers_of_node_forge_are_read(phrase: str, algorithm: str) -> None:
    program("node")
    found = subprocess.run(
        ["node", "-e", "require('node-forge')"], capture_output=True, check=False, timeout=120
    )
    if found.returncode != 0:
        pytest.skip("skipped because node-forge is not installed: npm install node-forge, and NODE_PATH")
    made = run("node", "-e", FORGE, phrase, algorithm, given=pkcs8(rsa_key()))
    material = bundle.read(made, Secret(phrase) if phrase else None)
    assert material.problems == ()
    assert [spki(key.key) for key in material.keys] == [spki(rsa_key())]
    assert [certificate.spki_sha256 for certificate in material.certificates] == [spki(rsa_key())]


def test_mails_written_by_perl_are_read(files: Path) -> None:
    code = (
        "use MIME::QuotedPrint; use MIME::Base64; undef $/; my $pem = <STDIN>;"
        ' print "From: ca\\nMIME-Version: 1.0\\nContent-Type: multipart/mixed; boundary=b\\n\\n--b\\n";'
        ' print "Content-Type: text/plain\\nContent-Transfer-Encoding: quoted-printable\\n\\n", encode_qp("Hällo = $pem");'
        ' print "\\n--b\\nContent-Type: application/x-x509-ca-cert\\nContent-Transfer-Encoding: base64\\n\\n";'
        ' print encode_base64($ENV{CHAIN}), "\\n--b--\\n";'
    )
    made = run("perl", "-e", code, given=(files / "leaf.pem").read_bytes(), env={"CHAIN": CHAIN.decode()})
    assert len(bundle.read(made).certificates) == 3


# gpgsm


def test_the_containers_of_gpgsm_are_read(tmp_path: Path) -> None:
    program("gpgsm")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "gpg-agent.conf").write_text("allow-loopback-pinentry\n")
    leaf = root().sign(csr.build(SUBJECT, ["a.com"], rsa_key()))
    (tmp_path / "key.pem").write_bytes(pkcs8(rsa_key()))
    (tmp_path / "leaf.pem").write_bytes(pem(leaf))
    run("openssl", "pkcs12", "-export", "-legacy", "-inkey", "key.pem", "-in", "leaf.pem", "-passout", f"pass:{PHRASE}",
        "-out", "in.p12", folder=tmp_path)  # fmt: skip
    options = ("--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0")
    try:
        run("gpgsm", *options, "--import", "in.p12", given=f"{PHRASE}\n".encode(), folder=tmp_path)
        made = run(
            "gpgsm",
            *options,
            "--armor",
            "--export-secret-key-p12",
            "0x" + serial_of(leaf),
            given=f"{PHRASE}\n".encode(),
        )
    finally:
        run("gpgconf", "--homedir", str(home), "--kill", "all")
    assert b"BEGIN PKCS12" in made
    assert only_key(made, SECRET) == spki(rsa_key())


def serial_of(certificate: object) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA1

    assert isinstance(certificate, x509.Certificate)
    return certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303 - gpgsm names certificates so


# openssl, and the commands in hints


@pytest.mark.parametrize(
    "options",
    [
        ("-legacy",),
        ("-legacy", "-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-128"),
        ("-keypbe", "NONE", "-certpbe", "NONE", "-nomac"),
        ("-keypbe", "camellia-128-cbc", "-macalg", "sha512"),
        ("-legacy", "-keypbe", "PBE-SHA1-2DES"),
        ("-keypbe", "AES-192-CBC", "-iter", "1"),
    ],
    ids=" ".join,
)
def test_the_containers_of_openssl_are_read(options: tuple[str, ...], files: Path) -> None:
    made = run("openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "chain.pem", *options,
               "-passout", f"pass:{PHRASE}", folder=files)  # fmt: skip
    assert is_the_pair(bundle.read(made, SECRET), 3)


LEGACY = ("-provider", "legacy", "-provider", "default")
SCHEMES = {
    "ARIA-256-CBC": ("-v2", "aria-256-cbc"),
    "SEED-CBC": ("-v2", "seed-cbc", *LEGACY),
    "RC2-CBC": ("-v2", "rc2-cbc", *LEGACY),
    "PBE-MD5-RC2": ("-v1", "PBE-MD5-RC2-64", *LEGACY),
    "PBE-SHA1-RC4-128": ("-v1", "PBE-SHA1-RC4-128", *LEGACY),
    "HMAC-SHA512-256": ("-v2prf", "hmacWithSHA512-256"),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_command_for_an_unsupported_scheme_works(scheme: str, files: Path) -> None:
    made = run(
        "openssl",
        "pkcs8",
        "-topk8",
        "-in",
        "key.pem",
        *SCHEMES[scheme],
        "-passout",
        f"pass:{PHRASE}",
        folder=files,
    )
    (files / "KEY").write_bytes(made)
    (problem,) = bundle.read(made, SECRET).problems
    assert f"encrypted with {scheme}, which csrtui does not support" in problem.text
    command = str(problem.hint).partition(" converts it")[0]
    shell(f"{command} -passin pass:{PHRASE} -passout pass:{PHRASE}", files)
    assert only_key((files / "NEW").read_bytes(), SECRET) == spki(ec_key())


READ_SCHEMES = [
    ("-v2", "des3"), ("-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA1"), ("-v2", "camellia-256-cbc"), ("-scrypt",),
    ("-v2", "des-cbc", *LEGACY), ("-v1", "PBE-MD5-DES", *LEGACY), ("-v1", "PBE-SHA1-DES", *LEGACY),
    ("-v1", "PBE-SHA1-3DES"), ("-v1", "PBE-SHA1-2DES"), ("-v1", "PBE-SHA1-RC2-40", *LEGACY),
]  # fmt: skip


@pytest.mark.parametrize("options", READ_SCHEMES, ids=" ".join)
def test_every_other_scheme_of_openssl_is_read(options: tuple[str, ...], files: Path) -> None:
    made = run(
        "openssl", "pkcs8", "-topk8", "-in", "key.pem", *options, "-passout", f"pass:{PHRASE}", folder=files
    )
    assert only_key(made, SECRET) == spki(ec_key())
    assert "does not open" in bundle.read(made, Secret("another")).problems[0].text


@pytest.mark.parametrize(
    "cipher", ["des", "des3", "aes128", "aes192", "aes256", "camellia128", "aria256", "seed", "idea"]
)
def test_pem_with_every_cipher_is_read_or_converted(cipher: str, files: Path) -> None:
    options = ("-traditional", *(LEGACY if cipher in {"des", "seed", "idea"} else ()))
    listed = run("openssl", "pkey", "-help") + run("openssl", "list", "-cipher-algorithms", *LEGACY)
    if cipher == "idea" and b"IDEA" not in listed.upper():
        pytest.skip("skipped because openssl is built without IDEA")
    made = run(
        "openssl",
        "pkey",
        "-in",
        "key.pem",
        f"-{cipher}",
        *options,
        "-passout",
        f"pass:{PHRASE}",
        folder=files,
    )
    assert b"DEK-Info" in made
    if cipher not in {"aria256", "seed", "idea"}:
        assert only_key(made, SECRET) == spki(ec_key())
        return
    (files / "KEY").write_bytes(made)
    (problem,) = bundle.read(made, SECRET).problems
    assert f"encrypted with {cipher[:4].upper()}" in problem.text
    command = str(problem.hint).partition(" converts it")[0]
    shell(f"{command} -passin pass:{PHRASE} -passout pass:{PHRASE}", files)
    assert only_key((files / "NEW").read_bytes(), SECRET) == spki(ec_key())


def test_the_command_for_a_container_works(files: Path) -> None:
    made = run("openssl", "pkcs12", "-export", "-legacy", "-inkey", "key.pem", "-in", "leaf.pem", "-keypbe", "PBE-SHA1-RC4-128",
               "-passout", f"pass:{PHRASE}", folder=files)  # fmt: skip
    (files / "FILE").write_bytes(made)
    found = bundle.read(made, SECRET)
    assert len(found.certificates) == 1
    (problem,) = found.problems
    assert "encrypted with PBE-SHA1-RC4-128" in problem.text
    command = str(problem.hint).partition(" extracts its contents")[0]
    shell(f"{command} -passin pass:{PHRASE}", files)
    assert is_the_pair(bundle.read((files / "NEW.pem").read_bytes()), 1)


def test_the_command_that_extracts_certificates_works(files: Path) -> None:
    made = run(
        "openssl",
        "pkcs12",
        "-export",
        "-inkey",
        "key.pem",
        "-in",
        "leaf.pem",
        "-passout",
        f"pass:{PHRASE}",
        folder=files,
    )
    (files / "FILE").write_bytes(made)
    (problem,) = bundle.read(made, open_keys=False).problems
    command = str(problem.hint).partition(" extracts the certificates")[0]
    shell(f"{command} -passin pass:{PHRASE}", files)
    assert len(bundle.read((files / "certificates.pem").read_bytes(), open_keys=False).certificates) == 1


ARCHIVES = {
    "a gzip archive": "gzip -c leaf.pem > FILE.gz",
    "a bzip2 archive": "bzip2 -c leaf.pem > FILE.bz2",
    "an xz archive": "xz -c leaf.pem > FILE.xz",
    "a zstd archive": "zstd -q leaf.pem -o FILE.zst",
    "a tar archive": "tar cf FILE leaf.pem",
    "a ZIP archive": "zip -q FILE leaf.pem && mv FILE.zip FILE",
    "compressed data (zlib, deflate)": "python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))' < leaf.pem > FILE",
}


@pytest.mark.parametrize("archive", ARCHIVES)
def test_the_command_for_an_archive_works(archive: str, files: Path) -> None:
    command = ARCHIVES[archive]
    program(command.split(maxsplit=1)[0])
    shell(command, files)
    (made,) = files.glob("FILE*")
    (problem,) = bundle.read(made.read_bytes()).problems
    assert problem.text == f"this is {archive}"
    unpack = str(problem.hint).removeprefix("unpack it first: ").partition(", or ")[0]
    if shutil.which(unpack.split(maxsplit=1)[0]) is None:
        pytest.skip(f"skipped because {unpack.split(maxsplit=1)[0]} is not installed")
    (files / "leaf.pem").unlink()
    shell(unpack.replace("FILE", made.name), files)
    unpacked = [path for path in files.iterdir() if path.name in {"leaf.pem", "FILE", "NEW"} and path != made]
    assert len(bundle.read(unpacked[0].read_bytes()).certificates) == 1


def test_the_keys_that_openssl_makes_are_read(tmp_path: Path) -> None:
    for options in (("ED25519",), ("ED448",), ("EC", "-pkeyopt", "ec_paramgen_curve:secp384r1")):
        made = run("openssl", "genpkey", "-algorithm", *options, folder=tmp_path)
        assert only_key(made) == spki_by_openssl(made)


def test_the_command_for_a_file_of_age_works(files: Path) -> None:
    program("age")
    shell("age-keygen -o IDENTITY && age -r $(age-keygen -y IDENTITY) -o FILE leaf.pem", files)
    (problem,) = bundle.read((files / "FILE").read_bytes()).problems
    shell(str(problem.hint).removesuffix(" decrypts it"), files)
    assert len(bundle.read((files / "NEW").read_bytes()).certificates) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
def test_the_commands_for_encodings_of_tables_work(encoding: str, tmp_path: Path) -> None:
    program("iconv")
    text = "common_name,organization\nwww.example.com,Müller\n"
    (tmp_path / "FILE").write_bytes(text.encode(encoding))
    command = (
        "iconv -f UTF-16 -t UTF-8 FILE"
        if encoding == "utf-16"
        else "iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
    )
    with pytest.raises(InputError) as caught:
        list(LineReader(io.BytesIO((tmp_path / "FILE").read_bytes()), "FILE", Event()))
    assert command in f"{caught.value.message} {caught.value.hint}"
    shell(command if "> NEW" in command else f"{command} > NEW", tmp_path)
    assert (tmp_path / "NEW").read_text() == text
