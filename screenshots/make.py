#!/usr/bin/env python3
"""Draw the screenshots: the real app, on a real store, with a clock, keys and a host that never change.

    python screenshots/make.py            draw them all anew (needs rsvg-convert and DejaVu Sans Mono)
    python screenshots/make.py --check    say which are out of date; exit 1 if any is

A test draws the SVGs again and compares what stands on them with what is committed.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.terminal_theme import TerminalTheme

import csrtui.tui  # first: it clears Textual's variables away before Textual is imported
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair_json import pair_document
from csrtui.core.subject.fields import SubjectInput
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import BackupSpec, back_up
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.list import read_all_pairs, read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session
from csrtui.tasks.submit import mark_submitted
from csrtui.tasks.verify import verify_many

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.tui.crash_safe_app import SafeApp

HERE = Path(__file__).parent
STORE = Path("/tmp/csrtui-pictures")  # noqa: S108 - shown on the pictures, so the same everywhere
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COLOURS = TerminalTheme(
    (24, 26, 31),
    (215, 218, 224),
    [
        (24, 26, 31),
        (224, 108, 117),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (215, 218, 224),
    ],
    [
        (92, 99, 112),
        (224, 108, 117),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (255, 255, 255),
    ],
)
PASSPHRASE = Secret("correct horse battery staple")
PAIRS = 5
ASPECT = 0.602  # of DejaVu Sans Mono
FORMAT = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 16px; font-family: "DejaVu Sans", sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">{matrix}</g>
</g>
</svg>
"""

Steps = Callable[["Pilot[Any]"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot: its name, its size in cells, the keys that lead there, and the app that they are typed at."""

    name: str
    size: tuple[int, int]
    steps: Steps
    opened: Callable[[Session], SafeApp[None]] = field(default=lambda session: _own(session))  # noqa: PLW0108 - defined below


async def _type(pilot: Pilot[Any], text: str) -> None:
    await pilot.press(*["space" if character == " " else character for character in text])


async def _request(pilot: Pilot[Any]) -> None:
    await _type(pilot, "mydomain.com")
    await pilot.press("tab", "tab")
    await _type(pilot, "Example Ltd")
    await pilot.press("tab", "tab")
    await _type(pilot, "GB")
    await pilot.press("tab", "tab")
    await _type(pilot, "London")
    await pilot.press(*["up"] * 6)


async def _keystore(pilot: Pilot[Any]) -> None:
    await pilot.press("f2")


async def _pair(pilot: Pilot[Any]) -> None:
    await pilot.press("f2", "enter")


async def _renew(pilot: Pilot[Any]) -> None:
    await pilot.press("f2", "slash", *"intranet", "enter", "w")


async def _many_hosts(pilot: Pilot[Any]) -> None:
    await pilot.press("space", "down")


def _own(session: Session) -> SafeApp[None]:
    """The screens on a store."""
    from csrtui.tui.app import CsrtuiApp
    from csrtui.tui.screens import main

    vars(main)["hostname"] = lambda: "web01"
    return CsrtuiApp(session)


def _without_colour(session: Session) -> SafeApp[None]:
    """The screens on a store where the user wants no colour."""
    os.environ["NO_COLOR"] = "1"
    try:
        return _own(session)
    finally:
        os.environ.pop("NO_COLOR", None)


def _of_hosts(session: Session) -> SafeApp[None]:
    """The screen over hosts that have the store's pairs among them; they are known, and no host is asked."""
    from csrtui.fleet.ansible import Target
    from csrtui.fleet.host_answer import Failure, Reason
    from csrtui.fleet.host_states import Fleet, HostState
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.fleet.tui import pair_list
    from csrtui.fleet.tui.app import FleetApp

    pairs = [pair_document(pair, NOW) for pair in read_all_pairs(session).pairs]
    away = Failure(Reason.UNREACHABLE, "no route to host", "see that it runs")
    states = [HostState(f"web{at}", NOW, tuple(pairs[at - 1 :: 3])) for at in (1, 2, 3)]
    known = Fleet.from_states([*states, HostState("db1", failure=away)])
    vars(pair_list)["load_fleet"] = lambda *_: known
    vars(pair_list)["read_hosts"] = lambda *_: known
    return FleetApp(session, Reach(Target(("hosts.ini",))))


PICTURES = (
    Picture("request-80x24", (80, 24), _request),
    Picture("keystore-80x24", (80, 24), _keystore),
    Picture("pair-80x24", (80, 24), _pair),
    Picture("renew-80x24", (80, 24), _renew),
    Picture("both-120x40", (120, 40), _request),
    Picture("keystore-40x12", (40, 12), _keystore),
    Picture("no-colour-60x20", (60, 20), _keystore, _without_colour),
    Picture("fleet-80x24", (80, 24), _many_hosts, _of_hosts),
)


def _key_maker() -> Callable[[KeyType], PrivateKey]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    numbers = count(2)

    def make(key_type: KeyType) -> PrivateKey:
        number = next(numbers)
        if key_type is KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
        curve = {KeyType.EC_P256: ec.SECP256R1(), KeyType.EC_P384: ec.SECP384R1()}[key_type]
        return ec.derive_private_key(number, curve)

    return make


def _session() -> Session:
    """A session on a fresh store with a few pairs, made as the commands make them."""
    if STORE.exists():
        shutil.rmtree(STORE)
    days = [timedelta(days=39), timedelta(days=11), timedelta(days=11), timedelta(days=100), timedelta()]
    ltd = SubjectInput(organization="Example Ltd", country="GB", locality="London")
    wanted = [
        RequestSpec(("mail.mydomain.com",), key_type=KeyType.EC_P384),
        RequestSpec(("shop.mydomain.com", "pay.mydomain.com"), ltd, platform="nginx"),
        RequestSpec(("*.lab.mydomain.com", "lab.mydomain.com"), platform="haproxy"),
        RequestSpec(
            ("intranet", "wiki"), ltd, ca=CaKind.PRIVATE, key_type=KeyType.ED25519, platform="apache"
        ),
        RequestSpec(("www.mydomain.org", "mydomain.org"), ltd),
    ]
    clock = [NOW]
    session = Session(Keystore(str(STORE)), clock=lambda: clock[0], generate_key=_key_maker(), user="anna")
    stick = STORE / ".stick"
    stick.mkdir(mode=0o700, parents=True)
    STORE.chmod(0o700)
    order = BackupSpec(str(stick), PASSPHRASE, PASSPHRASE)
    for asked, ago in zip(wanted, days, strict=True):
        clock[0] = NOW - ago
        pair = create_pair(session, asked)
        if ago > timedelta(days=10):
            clock[0] += timedelta(hours=1)
            backup = back_up(session, pair.name, order)
            mark_submitted(session, pair)
            if pair.name == "shop.mydomain.com":  # its stick is away
                Path(backup.path).unlink()
                clock[0] = NOW - timedelta(days=3)
                verify_many(session, [pair.name])
        if asked.ca is CaKind.PRIVATE:
            clock[0] += timedelta(days=1)
            import_certificates(
                session, [ImportSource(_issued(read_pair(session, pair.name)[1].der, clock[0]))]
            )
    clock[0] = NOW
    return session


def _issued(csr_der: bytes, now: datetime) -> bytes:
    """Return what the organization's own CA answers, in PEM: the same at every run."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding

    asked = x509.load_der_x509_csr(csr_der)
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    ca = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Ltd internal CA")])
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    certificates = []
    for subject, public_key, extension in (
        (asked.subject, asked.public_key(), names),
        (ca, key.public_key(), x509.BasicConstraints(ca=True, path_length=0)),
    ):
        builder = x509.CertificateBuilder(ca, subject, public_key, 4711, now, now + timedelta(days=120))
        certificates.append(builder.add_extension(extension, critical=False).sign(key, None))
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


_FLOWS = {"flow", "renew"}


async def _settle(app: SafeApp[None], pilot: Pilot[Any]) -> None:
    """Wait until the background work is done and twice in a row the same is drawn."""
    drawn = ["", "?"]
    while drawn[-1] != drawn[-2]:
        # A flow waits for the dialog that is on the picture.
        if workers := [worker for worker in app.workers if worker.group not in _FLOWS]:
            await app.workers.wait_for_complete(workers)
        await pilot.pause()
        drawn.append(_svg(app))


async def _pairs_listed(app: SafeApp[None], pilot: Pilot[Any]) -> None:
    """Wait until the pairs were read."""
    from csrtui.tui.app import CsrtuiApp
    from csrtui.tui.widgets.line_list import LineList

    if isinstance(app, CsrtuiApp):
        await app.wait_until_ready()
    while len(app.screen_stack[0].query_one("#pairs", LineList).rows) != PAIRS:
        await pilot.pause()


def _svg(app: SafeApp[None]) -> str:
    width, height = app.size
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True, record=True, color_system="truecolor", legacy_windows=False)  # fmt: skip
    compositor, below = app.screen._compositor, app._background_screens  # noqa: SLF001 - as App.export_screenshot does
    console.print(compositor.render_update(full=True, screen_stack=below, simplify=True))
    return console.export_svg(
        title="csrtui", theme=COLOURS, code_format=FORMAT, font_aspect_ratio=ASPECT, unique_id="csrtui"
    )


async def draw(picture: Picture) -> str:
    """Return the SVG of a picture."""
    with _alone():
        return await _drawn(picture, picture.opened(_session()))


@contextmanager
def _alone() -> Iterator[None]:
    """The store's place is on the pictures, so only one process at a time may have it."""
    with open(f"{STORE}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def _drawn(picture: Picture, app: SafeApp[None]) -> str:
    async with app.run_test(size=picture.size) as pilot:
        await _pairs_listed(app, pilot)
        await picture.steps(pilot)
        await _settle(app, pilot)
        return _svg(app)


def words(svg: str) -> list[tuple[str, str, str]]:
    """Return what stands on an SVG, with its place, whatever Rich calls its styles."""
    root = ET.fromstring(svg)  # noqa: S314 - made by this script
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    return [(text.get("x", ""), text.get("y", ""), text.text or "") for text in texts]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stale(picture: Picture, svg: str) -> str | None:
    """Return why the committed files of a picture are out of date, or None when they are not."""
    path, png = HERE / f"{picture.name}.svg", HERE / f"{picture.name}.png"
    made_from = json.loads((HERE / "made-from.json").read_text())
    if not path.exists() or words(path.read_text()) != words(svg):
        return f"{path.name} shows something else than the app does now"
    if not png.exists() or made_from.get(picture.name) != {"svg": _digest(path), "png": _digest(png)}:
        return f"{png.name} was not made from {path.name}"
    return None


def _write(picture: Picture, svg: str) -> dict[str, str]:
    path, png = HERE / f"{picture.name}.svg", HERE / f"{picture.name}.png"
    path.write_text(svg)
    subprocess.run(["rsvg-convert", "--output", str(png), str(path)], check=True)  # noqa: S607 - found on the PATH
    return {"svg": _digest(path), "png": _digest(png)}


def main() -> int:
    """Draw or check; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="draw nothing; say what is out of date")
    checking = parser.parse_args().check
    drawn = {picture: asyncio.run(draw(picture)) for picture in PICTURES}
    if checking:
        reasons = [reason for picture, svg in drawn.items() if (reason := stale(picture, svg))]
        print("\n".join(reasons) or "all screenshots are up to date")
        return 1 if reasons else 0
    made = {picture.name: _write(picture, svg) for picture, svg in drawn.items()}
    (HERE / "made-from.json").write_text(json.dumps(made, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

__all__ = ["PICTURES", "csrtui", "draw", "stale", "words"]
