"""Every command as a flow with canary secrets: inputs, arguments, and files that may contain a plain key."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from canary import CANARY, forms_of_key, forms_of_passphrase, found_in
from certificates_made import intermediate, pem
from cryptography.hazmat.primitives.asymmetric import ec
from exports_made import issued_pair
from foreign_made import ec_key, pkcs8
from pairs_made import new_pair, order
from recipients_made import age_pair
from requests_made import NOW

from csrtui.core.backups import recipients
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import RecipientBackupSpec, back_up
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session

PLAIN, SEALED, BARE = "plain.com", "sealed.com", "bare.com"
"""The pairs: two with a certificate, one of which has the canary as its passphrase, and one that awaits its certificate."""
_FIRST_THERE, FIRST_NEW, _AT_MOST = 900, 950, 8
"""The numbers of the first existing key and of the first key of a flow. The others have consecutive numbers."""
_GIVEN_SEALED, _GIVEN_PLAIN = 77, 78
"""The numbers of the keys made elsewhere."""
_PHRASE = ("--passphrase-file", "{path}/phrase")
_OWN = ("--key-passphrase-file", "{path}/phrase")
_IDENTITY = ("--identity", "{path}/identity")
_ALWAYS_PLAIN = r"store/pairs/(plain|bare)\.com/key\.pem|given\.pem"


@dataclass(frozen=True, slots=True)
class Flow:
    """A command with canary secrets.

    Attributes:
        words: Its command line; ``{path}`` stands for the place.
        plain: A regular expression for new files that may contain a key without a passphrase.
        status: The exit status without a crash.
    """

    words: tuple[str, ...]
    plain: str = "$^"
    status: int = 0

    def may_be_plain(self, file: str) -> bool:
        """Return whether this file of the place may contain a key without a passphrase."""
        return bool(re.fullmatch(f"{_ALWAYS_PLAIN}|{self.plain}", file))


def _made(name: str, store: str = "store") -> str:
    """Return the pattern for the key of a new pair."""
    return rf"{store}/pairs/(\.new-\w+|{name})/key\.pem"


FLOWS = {
    "new": Flow(("new", "n.com"), _made(r"n\.com")),
    "new --encrypt-key": Flow(("new", "n.com", "--encrypt-key", *_PHRASE)),
    "new --from": Flow(("new", "--from", "{path}/rows.csv"), _made(r"row\d\.com")),
    "new --from --encrypt-key": Flow(("new", "--from", "{path}/rows.csv", "--encrypt-key", *_PHRASE)),
    "check": Flow(("check", "www.n.com", "n.com")),
    "list": Flow(("list", "--json")),
    "show": Flow(("show", SEALED, "--json")),
    "csr": Flow(("csr", SEALED, "--mark-submitted")),
    "backup": Flow(("backup", PLAIN, "--to", "{path}/usb", *_PHRASE)),
    "backup --all": Flow(("backup", "--all", "--to", "{path}/usb", *_PHRASE)),
    "backup --recipient": Flow(("backup", SEALED, PLAIN, "--to", "{path}/usb", "--recipient", age_pair()[1])),
    "verify": Flow(("verify", PLAIN, *_PHRASE)),
    "verify --identity": Flow(("verify", "{path}/backup.age", *_IDENTITY)),
    "restore": Flow(
        ("restore", "{path}/backup.pem", "--store", "{path}/other", *_PHRASE), _made(r"plain\.com", "other")
    ),
    "restore --identity": Flow(
        ("restore", "{path}/backup.age", "--store", "{path}/other", *_IDENTITY), _made(r"plain\.com", "other")
    ),
    "import": Flow(("import", "{path}/bare.crt", "--json")),
    "adopt": Flow(("adopt", "--key", "{path}/given.pem", "--csr", "{path}/given.csr"), _made(r"given\.com")),
    "adopt, opened": Flow(
        ("adopt", "--key", "{path}/closed.pem", "--csr", "{path}/closed.csr", "--decrypt-key", *_PHRASE),
        _made(r"closed\.com"),
    ),
    "adopt --encrypt-key": Flow(
        ("adopt", "--key", "{path}/closed.pem", "--csr", "{path}/closed.csr", "--encrypt-key", *_PHRASE)
    ),
    "adopt a folder": Flow(
        ("adopt", "{path}", "--yes", *_PHRASE),
        _made(r"(given|closed|plain|bare|sealed)\.com(-\d)?"),
        status=1,
    ),
    "renew": Flow(("renew", PLAIN), _made(r"plain\.com-2")),
    "renew, sealed": Flow(("renew", SEALED, *_PHRASE)),
    "renew --reuse": Flow(("renew", PLAIN, "--reuse")),
    "renew --reuse, sealed": Flow(("renew", SEALED, "--reuse", "--mark-submitted", *_PHRASE)),
    "export": Flow(("export", PLAIN, "--for", "nginx", "--to", "{path}/out"), r"out/.*"),
    "export, sealed": Flow(("export", SEALED, "--for", "nginx", "--to", "{path}/out", *_OWN), r"out/.*"),
    "export PKCS #12": Flow(("export", PLAIN, "--for", "tomcat", "--to", "{path}/out", *_PHRASE)),
    "export PKCS #12, sealed": Flow(
        ("export", SEALED, "--for", "iis", "--to", "{path}/out", *_OWN, *_PHRASE)
    ),
    "inspect": Flow(("inspect", "{path}/closed.pem", "{path}/backup.pem", "--json", *_PHRASE)),
    "served": Flow(("served", PLAIN, "{path}/bare.crt"), status=1),
    "retire": Flow(("retire", SEALED)),
    "doctor": Flow(("doctor",), status=1),
    "guide": Flow(("guide", "nginx")),
}
"""All of them."""
ELSEWHERE = {
    "fleet": "its secrets are on the hosts, whose own csrtui it asks",
    "help": "it reads only the documentation",
    "completion": "it prints a file that is installed with csrtui",
}
"""Commands that are not covered, with the reason."""


def use_canary_keys() -> None:
    """Make every elliptic-curve key of this process a canary."""
    made = map(ec_key, itertools.count(FIRST_NEW))
    ec.generate_private_key = lambda *_: next(made)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets to search for.

    Attributes:
        passphrases: Every form of the passphrases, which may only be in ``phrase`` (that of the identity in ``identity``).
        keys: Every form of a private key.
    """

    passphrases: tuple[bytes, ...]
    keys: tuple[bytes, ...]

    @property
    def all(self) -> tuple[bytes, ...]:
        """Return the forms of passphrases and keys."""
        return (*self.passphrases, *self.keys)

    def misplaced(self, path: Path, flow: Flow) -> list[str]:
        """Return the files of a place that contain a secret that does not belong there."""
        wrong = []
        for file in path.rglob("*"):
            name = str(file.relative_to(path))
            data = file.read_bytes() if file.is_file() else b""
            if (found_in(data, self.passphrases) and name not in {"phrase", "identity"}) or found_in(
                name.encode("utf-8", "surrogateescape"), self.all
            ):
                wrong.append(f"a passphrase in {name}")
            if found_in(data, self.keys) and not flow.may_be_plain(name):
                wrong.append(f"a key in {name}")
        return wrong


def make_place(path: Path) -> Secrets:
    """Make the inputs of all flows."""
    secret, made = Secret(CANARY), map(ec_key, itertools.count(_FIRST_THERE))
    session = Session(
        Keystore(str(path / "store")), clock=lambda: NOW, user="joe", generate_key=lambda _: next(made)
    )
    for folder in ("usb", "out", "home"):
        (path / folder).mkdir(mode=0o700, parents=True)
    issued_pair(session, PLAIN)
    new_pair(session, BARE)
    issued_pair(session, SEALED, passphrase=secret)
    _make_given(path, session)
    (path / "backup.pem").write_bytes(_taken_away(back_up(session, PLAIN, order(path / "usb", secret)).path))
    to = recipients.read_recipients(age_pair()[1])
    (path / "backup.age").write_bytes(
        _taken_away(back_up(session, PLAIN, RecipientBackupSpec(str(path / "usb"), to)).path)
    )
    for file in path.iterdir():
        if file.is_file():
            file.chmod(0o600)
    return secrets()


def _taken_away(path: str) -> bytes:
    return Path(path).read_bytes()


def _make_given(path: Path, session: Session) -> None:
    keys = {
        "given": pkcs8(ec_key(_GIVEN_PLAIN)),
        "closed": pkcs8(ec_key(_GIVEN_SEALED), passphrase=CANARY.encode()),
    }
    for (name, key), number in zip(keys.items(), (_GIVEN_PLAIN, _GIVEN_SEALED), strict=True):
        (path / f"{name}.pem").write_bytes(key)
        fields = SubjectFields(common_name=f"{name}.com")
        asked = csr.build(fields, (f"{name}.com",), ec_key(number))
        (path / f"{name}.csr").write_bytes(csr.to_pem(asked))
    issued = intermediate().sign(read_pair(session, BARE)[1].der)
    (path / "bare.crt").write_bytes(pem(issued, intermediate().certificate))
    (path / "rows.csv").write_text("common_name\nrow1.com\nrow2.com\n")
    (path / "phrase").write_text(f"{CANARY}\n")
    (path / "identity").write_bytes(age_pair()[0])
    (path / "identity").chmod(0o600)


def secrets() -> Secrets:
    """Return the secrets to search for."""
    numbers = [_GIVEN_PLAIN, _GIVEN_SEALED]
    numbers += [first + number for first in (_FIRST_THERE, FIRST_NEW) for number in range(_AT_MOST)]
    identity = age_pair()[0].split()[-1]
    keys = (forms_of_key(pkcs8(ec_key(number))) for number in numbers)
    return Secrets((*forms_of_passphrase(), identity), tuple(itertools.chain.from_iterable(keys)))
