"""Benchmark: one pair on the command line, compared with Python's import of x509 and with other programs."""

from __future__ import annotations

import itertools
import shutil
import sys
from typing import TYPE_CHECKING

from measure import CSRTUI, Spread, seconds, side_by_side
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Options

X509 = (sys.executable, "-c", "from cryptography import x509")
"""The import that every command for requests needs."""

_SUBJECT = ("-O", "My Ltd", "-C", "GB", "-S", "Kent", "-L", "Dover")
_MISSING = "{} is not installed"


def rows(options: Options) -> Iterator[Row]:
    """Yield a row for `csrtui new`, and for the same pair from each other program."""
    store = str(options.folder("store"))
    made = itertools.count()

    def own() -> float:
        name = f"www{next(made)}.example-shop.com"
        return seconds((*CSRTUI, "--store", store, "new", name, *_SUBJECT), options)

    own()
    pairs = [(seconds(X509, options), own()) for _ in range(options.runs)]
    base, figure = (Spread.of(1000 * pair[side] for pair in pairs) for side in (0, 1))
    yield Row(
        "csrtui new with a subject, P-256, durable",
        figure,
        against="Python that only imports x509",
        base=base,
        goal=1.4,
    )
    base, figure_again = side_by_side([X509, X509], options)
    yield Row("noise: the same command twice", figure_again, against="the same", base=base)
    for program, make in _OTHERS.items():
        if shutil.which(program) is None and program != "easyrsa":
            yield Row(f"{program}, the same", None, note=_MISSING.format(program))
            continue
        yield from make(options, figure)


def _openssl(options: Options, own: Spread) -> Iterator[Row]:
    folder = options.folder("openssl")
    command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    command += ["-subj", "/CN=www.example-shop.com", "-addext", "subjectAltName=DNS:www.example-shop.com"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "request.pem")]
    yield _beside("openssl req, the same request", own, [command], options)


def _certtool(options: Options, own: Spread) -> Iterator[Row]:
    folder = options.folder("certtool")
    template = folder / "template"
    template.write_text("cn = www.example-shop.com\ndns_name = www.example-shop.com\n")
    key = folder / "key.pem"
    make = ["certtool", "--generate-privkey", "--key-type=ecdsa", "--curve=secp256r1", "--outfile", str(key)]
    request = ["certtool", "--generate-request", "--load-privkey", str(key), "--template", str(template)]
    yield _beside(
        "certtool, key and request",
        own,
        [make, [*request, "--outfile", str(folder / "request.pem")]],
        options,
    )


def _cfssl(options: Options, own: Spread) -> Iterator[Row]:
    asked = options.folder("cfssl") / "asked.json"
    asked.write_text(
        '{"CN": "www.example-shop.com", "hosts": ["www.example-shop.com"], "key": {"algo": "ecdsa", "size": 256}}'
    )
    yield _beside("cfssl genkey, to a pipe", own, [["cfssl", "genkey", str(asked)]], options)


def _easyrsa(options: Options, own: Spread) -> Iterator[Row]:
    program = shutil.which("easyrsa", path="/usr/share/easy-rsa:/usr/bin:/usr/local/bin")
    if program is None:
        yield Row("easyrsa, the same", None, note=_MISSING.format("easyrsa"))
        return
    easyrsa = [program, "--batch", f"--pki-dir={options.folder('easyrsa') / 'pki'}"]
    seconds([*easyrsa, "init-pki"], options)
    request = ["--use-algo=ec", "--curve=prime256v1", "gen-req", "www.example-shop.com", "nopass"]
    yield _beside("easyrsa gen-req", own, [[*easyrsa, *request]], options)


_OTHERS = {"openssl": _openssl, "certtool": _certtool, "cfssl": _cfssl, "easyrsa": _easyrsa}


def _beside(what: str, own: Spread, commands: list[list[str]], options: Options) -> Row:
    taken = [1000 * sum(seconds(command, options) for command in commands) for _ in range(options.runs)]
    return Row(what, Spread.of(taken), against="csrtui new", base=own, note="not durable")
