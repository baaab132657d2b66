r"""Copy text to the clipboard of the user's terminal. The terminal may be on another machine.

A terminal receives clipboard text as OSC 52 (xterm's ctlseqs, *Manipulate Selection Data*):
``ESC ] 52 ; c ; BASE64 BEL``. The terminal may ignore the sequence and sends no answer, so csrtui can only report that
the text was sent.

- tmux drops that sequence from programs inside it (``set-clipboard external``, its default), so csrtui calls tmux:
  ``load-buffer -w`` (tmux 3.2 and later) also keeps the text in a tmux buffer, to be pasted with prefix ``]``.
- A tmux inside another tmux sends the text to the outer one as OSC 52. The outer tmux accepts it only with
  ``set -s set-clipboard on``. The same applies to a tmux on the user's computer in which ssh runs. csrtui cannot
  detect such a tmux. In any case, the buffer of the inner tmux contains the text.
- GNU screen forwards sequences that are wrapped in DCS (``ESC P … ESC \``). The length of such a string is
  limited, so the sequence is split into pieces.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from textual.app import App

LIMIT_BYTES = 74_994
"""Maximum size of the copied text in bytes. Some terminals cut or drop OSC 52 sequences longer than 100,000 bytes."""
_SCREEN_PIECE = 240  # screen limits its strings to 256 (4.0) or 768 bytes
_TMUX_SECONDS = 3.0
_HINT = "show it as plain text and select it, or write it to a file"
_SECRET_MARKERS = ("PRIVATE KEY", "AGE-SECRET-KEY")


@final
@dataclass(frozen=True, slots=True)
class PublicText:
    """Text that contains no secrets and consists of lines of printable ASCII.

    It is created from public data (`from_csr`). Text that looks like a private key is always refused.

    Raises:
        TypeError: The text is not a `str`, such as a `csrtui.core.base.secret.Secret`.
        ValueError: The text contains a private key, or a character that a terminal could interpret as a command.
    """

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError("only text can be copied")
        if any(marker in self.text for marker in _SECRET_MARKERS):
            raise ValueError("a private key is never copied")
        if not all(line.isascii() and line.isprintable() for line in self.text.split("\n")):
            raise ValueError("only printable ASCII is copied")

    @classmethod
    def from_csr(cls, request: csr.Request) -> PublicText:
        """Return a CSR as PEM (RFC 7468)."""
        return cls(csr.to_pem(request.der).decode("ascii"))


class Route(Enum):
    """A way to send text to the clipboard. The value is a message to the user about the limits of this way."""

    TMUX = "Also in tmux's paste buffer (prefix ]). For nested tmux: set -g set-clipboard on."
    SCREEN = "Sent through GNU screen. Some terminals ignore this."
    TERMINAL = "Some terminals ignore this. If ssh runs inside tmux: set -s set-clipboard on"


def select_route(environ: Mapping[str, str]) -> Route:
    """Return the route for this environment. tmux sets ``TMUX``, and GNU screen sets ``STY``."""
    if environ.get("TMUX"):
        return Route.TMUX
    return Route.SCREEN if environ.get("STY") else Route.TERMINAL


async def send(app: App[Any], text: PublicText, environ: Mapping[str, str]) -> Route:
    """Send text to the terminal's clipboard, and return the route that was used. Only a `PublicText` is ever sent.

    Raises:
        InputError: The text is too long for a terminal.
        RefusedError: tmux is not installed, or did not accept the text.
        TypeError: `text` is not a `PublicText`.
    """
    if not isinstance(text, PublicText):
        raise TypeError("only public text is sent to a clipboard")
    data = text.text.encode("ascii")
    if len(data) > LIMIT_BYTES:
        raise InputError(f"{len(data)} bytes exceed the limit of a terminal's clipboard", _HINT)
    route = select_route(environ)
    if route is Route.TMUX:
        await asyncio.to_thread(_load_tmux_buffer, data, environ)
    elif route is Route.SCREEN:
        _write(app, wrap_for_screen(osc52(data)))
    else:
        app.copy_to_clipboard(text.text)
    return route


def osc52(data: bytes) -> str:
    """Return the control sequence that copies `data` to a terminal's clipboard."""
    return f"\x1b]52;c;{b64encode(data).decode('ascii')}\a"


def wrap_for_screen(sequence: str) -> str:
    """Return a sequence, wrapped so that GNU screen forwards it to its terminal."""
    pieces = (sequence[start : start + _SCREEN_PIECE] for start in range(0, len(sequence), _SCREEN_PIECE))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _write(app: App[Any], sequence: str) -> None:
    driver = app._driver  # noqa: SLF001 - Textual has no public name for it
    if driver is not None:
        driver.write(sequence)
        driver.flush()


def _load_tmux_buffer(data: bytes, environ: Mapping[str, str]) -> None:
    import subprocess

    try:
        process = subprocess.run(
            [_tmux(environ), "load-buffer", "-w", "-"],
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(environ),
            timeout=_TMUX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedError("tmux does not answer", _HINT) from error
    except OSError as error:
        raise RefusedError(f"tmux cannot be run: {error.strerror}", _HINT) from error
    if process.returncode != 0:
        reason = visible(" ".join(process.stderr.decode("utf-8", "replace").split()))[:80]
        raise RefusedError(f"tmux did not accept the text: {reason or process.returncode}", _HINT)


def _tmux(environ: Mapping[str, str]) -> str:
    """Return the path of tmux. Only the absolute folders in ``PATH`` are searched."""
    import os
    import shutil

    folders = [folder for folder in environ.get("PATH", os.defpath).split(":") if os.path.isabs(folder)]
    path = shutil.which("tmux", path=":".join(folders))
    if path is None:
        raise RefusedError("this is a tmux session, but tmux is not on the PATH", _HINT)
    return path
