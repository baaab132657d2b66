"""An ssh that records every byte in its pipes, and a search for secrets in the recording."""

from __future__ import annotations

import sys
from base64 import b64encode
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_RECORDER = """#!{python}
import os, subprocess, sys, tempfile, threading
folder = tempfile.mkdtemp(dir={folder!r})
with open(os.path.join(folder, "arguments"), "wb") as file:
    file.write("\\0".join(sys.argv[1:]).encode("utf-8", "surrogateescape"))
done = subprocess.Popen(
    [{ssh!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
)
def copy(source, target, name):
    with open(os.path.join(folder, name), "wb", buffering=0) as file:
        while data := os.read(source.fileno(), 65536):
            file.write(data)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(target.fileno(), view):]
            except BrokenPipeError:
                break
threads = [threading.Thread(target=copy, args=pipe, daemon=True) for pipe in (
    (done.stdout, sys.stdout, "stdout"), (done.stderr, sys.stderr, "stderr"))]
def feed():
    copy(sys.stdin.buffer, done.stdin, "stdin")
    try:
        done.stdin.close()
    except BrokenPipeError:
        pass
threading.Thread(target=feed, daemon=True).start()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
os._exit(done.wait())
"""
_SHORTEST = 16
"""The minimum length of a searched piece, because shorter ones can occur by chance."""


def write_recorder(path: Path, folder: Path, ssh: str) -> Path:
    """Write the program, which records into `folder`, and return its path."""
    folder.mkdir()
    path.write_text(_RECORDER.format(python=sys.executable, folder=str(folder), ssh=ssh))
    path.chmod(0o755)
    return path


def recorded(folder: Path) -> dict[str, bytes]:
    """Return the recording of each pipe of each call."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def secrets_of(key: Path) -> list[bytes]:
    """Return the parts of an EC key that must stay secret: PEM lines, DER, and the scalar as bytes and number."""
    pem = key.read_bytes()
    loaded = load_pem_private_key(pem, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    number = loaded.private_numbers().private_value
    scalar = number.to_bytes((loaded.key_size + 7) // 8, "big")
    lines = pem.splitlines()[1:3]  # the public key follows
    return [*lines, b"PRIVATE KEY-----\n" + lines[0], scalar, str(number).encode()]


def found_in(carried: Iterable[bytes], secrets: Iterable[bytes]) -> list[bytes]:
    """Return the transmitted secrets: plain, in hexadecimal, or in base64 at any alignment."""
    whole = b"\0".join(carried)
    lower = whole.lower()
    return [
        secret
        for secret in secrets
        if any(form in whole for form in _forms(secret)) or secret.hex().encode() in lower
    ]


def _forms(secret: bytes) -> list[bytes]:
    """Return the plain text, and its base64 at each position in a longer text."""
    assert len(secret) >= _SHORTEST
    forms = [secret]
    for before in range(3):
        encoded = b64encode(b"\0" * before + secret)
        forms.append(encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4])
    return forms
