"""Benchmark: make, back up and verify many pairs, compared with programs that make as many keys without durability."""

from __future__ import annotations

import itertools
import shutil
import sys
import time
from typing import TYPE_CHECKING

from measure import CSRTUI, Spread, seconds
from table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from measure import Options

_PAIRS = 1000
_RSA_PAIRS = 100
_SUBJECT = "/CN=host{0}.example-shop.com/O=My Ltd/L=London/C=GB"
_KEYS_ALONE = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from cryptography.hazmat.primitives.asymmetric import rsa
with ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(lambda _: rsa.generate_private_key(65537, 2048), range(int(sys.argv[1]))))
"""


def rows(options: Options) -> Iterator[Row]:
    """Yield the rows for 1,000 pairs, for RSA keys on all cores, and for backups."""
    own, loop = _in_turn(options, lambda at: _made(options, _PAIRS, at), lambda at: _openssl(options, at))
    yield Row("1,000 pairs, P-256, durable", own, against="a loop of openssl req", base=loop, goal=0.2)
    yield from _others(options, own)
    own, alone = _in_turn(
        options,
        lambda at: _made(options, _RSA_PAIRS, at, "--key", "rsa-2048"),
        lambda _: seconds([sys.executable, "-c", _KEYS_ALONE, str(_RSA_PAIRS)], options),
    )
    yield Row(
        "100 pairs, RSA 2048, durable",
        own,
        against="generating only the keys, all cores",
        base=alone,
        goal=1.15,
    )
    yield from _backups(options)


def _in_turn(options: Options, *measured: Callable[[int], float]) -> list[Spread]:
    """Return the milliseconds of each task. The runs alternate, and each gets a new number."""
    rounds = [[1000 * one(next(_numbers)) for one in measured] for _ in range(options.runs)]
    return [Spread.of(column) for column in zip(*rounds, strict=True)]


_numbers = itertools.count()
"""Every folder is new, because ext4 is slow to use recently deleted blocks again."""


def _file(options: Options, count: int) -> Path:
    file = options.scratch / f"{count}.csv"
    if not file.exists():
        options.scratch.mkdir(parents=True, exist_ok=True)
        lines = (f"host{number}.example-shop.com,My Ltd,London,GB\n" for number in range(count))
        file.write_text("common_name,organization,locality,country\n" + "".join(lines))
    return file


def batch(options: Options, count: int, at: int | str, *more: str) -> list[str]:
    store = str(options.scratch / f"store-{at}")
    return [*CSRTUI, "--store", store, "new", "--from", str(_file(options, count)), *more]


def _made(options: Options, count: int, at: int, *more: str) -> float:
    return seconds(batch(options, count, at, *more), options)


def _openssl(options: Options, at: int) -> float:
    make = (
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout $i.key -out $i.csr "
        f"-subj '{_SUBJECT.format('$i')}' -addext subjectAltName=DNS:host$i.example-shop.com"
    ).replace("'", '"')
    return _loop(options, at, make)


def _loop(options: Options, at: int, make: str) -> float:
    """Return the seconds that a shell needs to run a command a thousand times, in its own folder."""
    folder = options.folder(f"loop-{at}")
    script = f'cd "$1" && for i in $(seq {_PAIRS}); do {make} || exit; done'
    return seconds(["sh", "-c", script, "sh", str(folder)], options)


def _others(options: Options, own: Spread) -> Iterator[Row]:
    """Yield a row for one run of each other program. They are slow, and have no goal."""
    loops = {
        "certtool": (
            "printf 'cn = host%s.example-shop.com\\ndns_name = host%s.example-shop.com\\n' $i $i > $i.t && "
            "certtool --generate-privkey --key-type=ecdsa --curve=secp256r1 --outfile $i.key && "
            "certtool --generate-request --load-privkey $i.key --template $i.t --outfile $i.csr"
        ),
        "cfssl": (
            'printf \'{"CN": "host%s.example-shop.com", "key": {"algo": "ecdsa", "size": 256}}\' $i > $i.json && '
            "cfssl genkey $i.json > $i.out"
        ),
    }
    for program, make in loops.items():
        if shutil.which(program) is None:
            yield Row(f"{program}, the same in a loop", None, note=f"{program} is not installed")
            continue
        taken = Spread.of([1000 * _loop(options, next(_numbers), make)])
        yield Row(
            f"{program}, the same in a loop", taken, against="csrtui", base=own, note="once, not durable"
        )


def _backups(options: Options) -> Iterator[Row]:
    """Yield rows for a thousand backups, compared with one.

    Without a shared derived key, they would take a thousand times as long.
    """
    passphrase = options.folder("secret") / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    given = ["--passphrase-file", str(passphrase)]
    store, one = (["--store", str(options.scratch / f"store-{name}")] for name in ("backups", "backup"))
    seconds(batch(options, _PAIRS, "backups"), options)
    seconds(batch(options, 1, "backup"), options)

    def back_up(where: list[str]) -> Callable[[int], float]:
        def run(at: int) -> float:
            name = "host0.example-shop.com"
            pairs = [name] if where is one else [name.replace("0", str(at)) for at in range(_PAIRS)]
            folder = str(options.folder(f"usb-{at}"))
            return seconds([*CSRTUI, *where, "backup", *pairs, "--to", folder, *given], options)

        return run

    many, single = _in_turn(options, back_up(store), back_up(one))
    yield Row("1,000 pairs backed up with a restore test", many, against="one", base=single)
    started = time.perf_counter()
    seconds([*CSRTUI, *store, "verify", *given], options)
    verified = Spread.of([1000 * (time.perf_counter() - started)])
    looked = f"{options.runs} backups of each, once"
    yield Row("1,000 pairs verified with a restore test", verified, note=looked)
