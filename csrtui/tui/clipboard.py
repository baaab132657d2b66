r"""The clipboard of the terminal that somebody sits at, which may be far away: a text can be sent, not put there.

Bare, a terminal takes a text from OSC 52 (xterm's ctlseqs, *Manipulate Selection Data*): ``ESC ] 52 ; c ; BASE64 BEL``.
Whether it does is its own affair, and nothing comes back; so it is only ever said that the text was sent.

- Inside tmux that sequence is dropped (``set-clipboard external``, its default), so tmux is asked itself:
  ``load-buffer -w`` (tmux 3.2 and later) also keeps the text as a buffer of tmux, to paste with prefix ``]``.
- A tmux inside a tmux hands it to the outer one as OSC 52: that one needs ``set -s set-clipboard on``. So does a tmux
  on the laptop around ssh, which cannot be told from here. The inner one's buffer has the text in any case.
- GNU screen passes on what is wrapped in DCS (``ESC P … ESC \``), in pieces, as its strings are short.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from enum import Enum
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.certificates.public_text import PublicText

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from textual.app import App

LIMIT_BYTES = 74_994
"""More than that makes an OSC 52 of more than 100,000 bytes, which some terminals cut or drop."""
_SCREEN_PIECE = 240  # screen's strings end at 256 (4.0) or 768 bytes
_TMUX_SECONDS = 3.0
_ELSEWHERE = "show it plain and select it, or write it to a file"


class Route(Enum):
    """How a text goes to the terminal; the value says what else it may need to arrive."""

    TMUX = "It is in tmux's buffer too (prefix ]). A tmux around this one passes it on with set-clipboard on."
    SCREEN = "Sent through GNU screen. Not every terminal takes it."
    TERMINAL = "Not every terminal takes it; a tmux around your ssh does with: set -s set-clipboard on"


def route(environ: Mapping[str, str]) -> Route:
    """Return the way that a text has to go: ``TMUX`` and ``STY`` are set by tmux and GNU screen."""
    if environ.get("TMUX"):
        return Route.TMUX
    return Route.SCREEN if environ.get("STY") else Route.TERMINAL


async def send(app: App[Any], text: PublicText, environ: Mapping[str, str]) -> Route:
    """Send a text to the terminal's clipboard.

    Args:
        app: Whose terminal.
        text: What; nothing else than a `PublicText` is sent anywhere.
        environ: Tells whether this runs in tmux or screen, and where tmux is.

    Raises:
        InputError: The text is too long for a terminal.
        RefusedError: tmux did not take it.
        TypeError: It is no `PublicText`.
    """
    if not isinstance(text, PublicText):
        raise TypeError("only public text is sent to a clipboard")
    data = text.text.encode("ascii")
    if len(data) > LIMIT_BYTES:
        raise InputError(f"{len(data)} bytes are too many for a terminal's clipboard", _ELSEWHERE)
    way = route(environ)
    if way is Route.TMUX:
        await asyncio.to_thread(_load_tmux_buffer, data, environ)
    elif way is Route.SCREEN:
        _write(app, through_screen(osc52(data)))
    else:
        app.copy_to_clipboard(text.text)
    return way


def osc52(data: bytes) -> str:
    """Return the sequence that gives `data` to a terminal's clipboard."""
    return f"\x1b]52;c;{b64encode(data).decode('ascii')}\a"


def through_screen(sequence: str) -> str:
    """Return what makes GNU screen pass a sequence on to its terminal."""
    pieces = (sequence[at : at + _SCREEN_PIECE] for at in range(0, len(sequence), _SCREEN_PIECE))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _write(app: App[Any], sequence: str) -> None:
    driver = app._driver  # noqa: SLF001 - Textual has no public name for it
    if driver is not None:
        driver.write(sequence)
        driver.flush()


def _load_tmux_buffer(data: bytes, environ: Mapping[str, str]) -> None:
    import subprocess

    try:
        done = subprocess.run(
            [_tmux(environ), "load-buffer", "-w", "-"],
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(environ),
            timeout=_TMUX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedError("tmux does not answer", _ELSEWHERE) from error
    except OSError as error:
        raise RefusedError(f"tmux cannot be run: {error.strerror}", _ELSEWHERE) from error
    if done.returncode != 0:
        said = visible(" ".join(done.stderr.decode("utf-8", "replace").split()))[:80]
        raise RefusedError(f"tmux does not take it: {said or done.returncode}", _ELSEWHERE)


def _tmux(environ: Mapping[str, str]) -> str:
    """The path of the program; folders that are relative to wherever one happens to be do not count."""
    import os
    import shutil

    folders = [folder for folder in environ.get("PATH", os.defpath).split(":") if os.path.isabs(folder)]
    found = shutil.which("tmux", path=":".join(folders))
    if found is None:
        raise RefusedError("this is a session of tmux, but there is no tmux on the PATH", _ELSEWHERE)
    return found
