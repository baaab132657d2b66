"""The first inputs of the fuzzer: small, well-formed examples of everything that is read."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING

import foreign_made as foreign
from backups_made import ENTROPY, PASSPHRASE, QUICK, backup, key_block, unsigned
from certificates_made import bundle, intermediate, pem, root
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from data_files import CERTBOT_CSRS, DATA
from existing_made import certificate, name
from fuzz_targets import PART
from many_pairs import pair_of_record
from requests_made import NOW, der_of, key_of, record

from csrtui.core.backups import confirmation
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.backups.header import KeyProtection
from csrtui.core.base.validity import Validity
from csrtui.core.certificates import csr
from csrtui.core.keys import pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.summary import summarize
from csrtui.core.subject.fields import SubjectFields
from csrtui.store import summary_reader
from csrtui.tasks.draft import Draft, dump_draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SUBJECT = SubjectFields("www.a.com", 'Ä, "B" <C> GmbH', "Web", "DE", "Bayern", "München")


def seeds(target: str) -> tuple[bytes, ...]:
    """Return examples for a target, or none if the fuzzer needs no help."""
    make = _SEEDS.get(target)
    return tuple(make()) if make else ()


def _requests() -> Iterable[bytes]:
    for key_type in (KeyType.EC_P256, KeyType.RSA_2048, KeyType.ED25519, KeyType.ML_DSA_44):
        yield der_of(_SUBJECT, "www.a.com", "*.a.com", "10.0.0.1", "2001:db8::1", key_type=key_type)
    yield foreign.csr(attributes=foreign.microsoft_attributes("a.com", "b.com"), hash_name="sha1")
    yield foreign.csr(version=2, hash_name="md5")
    yield csr.to_pem(der_of(_SUBJECT, "www.a.com"))
    yield from (path.read_bytes() for path in sorted(CERTBOT_CSRS.glob("*.pem")))


def _certificates() -> Iterable[bytes]:
    below = intermediate()
    leaf = below.sign(der_of(_SUBJECT, "www.a.com"))
    yield pem(leaf, below.certificate, root().certificate)
    yield bundle(leaf, below.certificate)
    yield bundle(leaf, encoding=Encoding.PEM)
    yield leaf.public_bytes(Encoding.DER)
    yield pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(leaf, b"a")], BestAvailableEncryption(b"x")
    )
    yield certificate(name(), ["a.com"], ca=True)
    yield json.dumps({"certificate": pem(leaf).decode()}).encode()


def _keys() -> Iterable[bytes]:
    key, phrase = foreign.ec_key(), foreign.PHRASE
    rsa = foreign.rsa_key()
    for one in (key, rsa):
        yield foreign.traditional(one)
        yield foreign.traditional(one, passphrase=phrase)
        yield foreign.pkcs8(one, Encoding.DER)
        yield foreign.openssh(one)
    yield foreign.with_parameters(key)
    yield foreign.OPENSSH_ENCRYPTED
    yield key_block()
    yield pkcs12.serialize_key_and_certificates(b"a", key, None, None, BestAvailableEncryption(phrase))
    yield (foreign.traditional(key) + csr.to_pem(der_of(_SUBJECT, "www.a.com")) + b"PuTTY-User-Key-File-2: x")


def _encrypted() -> Iterable[bytes]:
    yield key_block()
    yield pkcs8.to_der(key_block())
    yield pkcs8.to_der(pkcs8.encrypt(key_of(KeyType.ED25519), PASSPHRASE, ENTROPY, QUICK))


def _backups() -> Iterable[bytes]:
    yield backup()
    yield unsigned()
    yield backup(KeyProtection.ENCRYPTED, pem(root().certificate))
    yield backup().replace(b"\n", b"\r\n")
    yield backup()[backup().index(b"-----BEGIN") :]


def _ages() -> Iterable[bytes]:
    from recipients_made import age_pair, ssh_pair

    from csrtui.core.backups import age
    from csrtui.core.backups.recipients import read_recipients

    for identity, recipient in (age_pair(), ssh_pair("ssh-ed25519")):
        yield identity + PART + age.encrypt(b"text", read_recipients(recipient))


def _confirmations() -> Iterable[bytes]:
    said = Confirmation("ab" * 32, "cd" * 32, NOW)
    yield f"confirmed: {confirmation.sign(said, key_of(KeyType.EC_P256))}\n".encode()


def _recipients() -> Iterable[bytes]:
    from recipients_made import age_pair, ssh_pair

    yield age_pair()[1].encode()
    yield f'# us\nno-pty,command="x \\" y" {ssh_pair("ssh-ed25519")[1]} me\n{ssh_pair("ssh-rsa")[1]}\n'.encode()
    yield b"ecdsa-sha2-nistp256 AAAA\nsk-ssh-ed25519@openssh.com AAAA\nage1yubikey1qqq\nAGE-SECRET-KEY-1"


def _real_files() -> Iterable[bytes]:
    """Return files that real programs wrote."""
    for path in sorted((DATA / "files").rglob("*")):
        if path.is_file() and path.suffix not in {".md", ".csv"}:
            yield path.read_bytes()


def _rows() -> Iterable[bytes]:
    yield (
        b"common_name,names,organization,country,key,ca,platform\r\n"
        b'www.a.com,"a.com b.com","A, ""B"" Ltd",GB,ec-p256,public,nginx\r\n\r\nx,,,,rsa-9,home,vax\n'
    )


def _names() -> Iterable[bytes]:
    yield "https://www.a.com:443/x DNS:*.b.com, IP Address:10.0.0.1; server_name bücher.example xn--bcher-kva.de;".encode()
    yield "[2001:db8::1]:443 fe80::1%eth0 \u200ba.com (b.com) “c.com” user@d.com a..b -x.com *.com intranet".encode()
    yield "שלום.example ١.example faß.de a\u200d.com www.аррlе.com 1.2.3 a_b.com x.onion in-addr.arpa".encode()


def _subjects() -> Iterable[bytes]:
    yield PART.join([b"Example Ltd", b"IT", b"UK", b"London", b"n/a", b"www.a.com"])
    yield PART.join(["Müller & Söhne GmbH".encode(), b"", b"Germany", b"-", b"BERLIN ", b"b.com"])


def _configs() -> Iterable[bytes]:
    yield (
        b'# ours\n[profiles.office]\norganization = "A \\u00e9"  # us\ncountry = "GB"\nca = "private"\n'
        b'platform = "nginx"\nkey = "ec-p384"\n\n[screens]\ntheme = "nord"\nmouse = true\n[keys]\nhelp = "f2"\n'
    )
    yield b"profiles.a.country = 'DE'\nprofiles.a.organization = '''\nx\n'''\nprofiles.b = {ca = 'public'}\n"


def _drafts() -> Iterable[bytes]:
    yield dump_draft(Draft("a.com", "b.com c.com", "Ex", "", "GB", renews="a.com"))


def _records() -> Iterable[bytes]:
    life = Validity(NOW, NOW.replace(year=2027))
    backups = (Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW, "ab" * 32),)
    full = record(validity=life, submitted=NOW, installed=NOW, backups=backups, renews="b.com")
    yield dump_record(full.with_event(NOW, "made", "me"))
    yield dump_record(record(retired=NOW, renewed_by="c.com", history=(HistoryEntry(NOW, "x", "y"),)))


def _folders() -> Iterable[bytes]:
    key = foreign.traditional(foreign.ec_key())
    request_pem = csr.to_pem(der_of(_SUBJECT, "www.a.com"))
    for one in (*_records(), b"{}"):
        yield PART.join([one, request_pem, key, pem(root().certificate)])
    yield PART.join([*_records(), request_pem, key_block()])


def _summary_caches() -> Iterable[bytes]:
    with tempfile.TemporaryDirectory() as store:
        store_fd = os.open(store, os.O_RDONLY | os.O_DIRECTORY)
        pairs = [pair_of_record(f"a{number}.com", record()) for number in range(3)]
        entries = {pair.name: (summarize(pair), 1) for pair in pairs}
        summary_reader.SummaryCache(store).save(store_fd, entries, entries)
        os.close(store_fd)
        with open(os.path.join(store, summary_reader.FILE), "rb") as file:
            yield file.read()


_SEEDS: dict[str, Callable[[], Iterable[bytes]]] = {
    "request": _requests,
    "existing": lambda: (*_requests(), *_certificates()),
    "certificates": _certificates,
    "bundle": lambda: (*_keys(), *_requests(), *_certificates(), *_real_files()),
    "pkcs8": _encrypted,
    "backup": _backups,
    "age": _ages,
    "confirmation": _confirmations,
    "recipients": _recipients,
    "rows": _rows,
    "names": _names,
    "subject": _subjects,
    "country": lambda: (b"UK", b"Deutschland", "Türkiye".encode(), b"usa", b"the Congo"),
    "distinguished-name": _subjects,
    "config": _configs,
    "draft": _drafts,
    "record": _records,
    "pair-folder": _folders,
    "summary-cache": _summary_caches,
}
