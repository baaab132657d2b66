"""Messages of the core and the tasks in the words of the screens: with keys in place of commands and options."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.core.servers.server import Server
    from csrtui.tui.commands import Command

_ACTIONS: Final = {
    "adopt": "adopt",
    "backup": "back_up",
    "csr": "submit",
    "doctor": "doctor",
    "export": "install",
    "guide": "guide",
    "import": "import",
    "inspect": "inspect",
    "list": "switch_pane",
    "new": "new_request",
    "renew": "renew",
    "restore": "restore",
    "retire": "retire",
    "show": "open_pair",
    "verify": "verify",
}
"""For the commands of the command line, the commands of the screens that do the same."""
_OPTIONS: Final = {"--mark-installed": "mark_installed", "--undo": "undo_install"}
"""For the last option of a command, the command of the screens that does the same, if it is another one."""
_THEN: Final = {"--revoked": ", then Esc"}
"""For the last option of a command, the keys after that of the command: its page asks for it when it is left."""
_COMMAND: Final = re.compile(
    rf"(?<!a )(?<!\d )csrtui (?P<name>{'|'.join(_ACTIONS)})\b"
    r"(?! --from)"  # many pairs from a table are made only on the command line
    r"(?: --store (?:'[^']*'|\S+))?"
    r"(?:(?<! doctor)(?<! list)(?<! new) (?!--)[^\s;:,()]*[^\s;:,().])?"  # a pair, a file or a server software
    r"(?: --[a-z-]+(?: [A-Z][A-Z-]*\b| …)*)*"
)
_OPTION: Final = re.compile(r" \((?:[a-z]+ )?--[^)]*\)")
_OVERRIDE: Final = re.compile(r"(?:^|; )(?:or )?(?:override with --force|csrtui [a-z]+ [^;]*--force\b[^;]*)")
"""A way past a refusal. The screens have questions in its place."""


def with_keys(text: str, commands: Sequence[Command], before: str = "") -> str:
    """Return a message in which a key of the screens replaces each csrtui command, without command line options.

    A message names a command as a user types it: ``csrtui import FILE``. An option is in parentheses, after words
    that say the same: ``give the identity (--identity FILE)``.

    Args:
    before: The text to put before each key if the keys do not work on this screen: ``press Esc, then ``.
    """
    by_action = {command.action: command for command in commands}

    def key(action: str) -> str:
        return f"{by_action[action].shown_key} ({by_action[action].label})"

    def keys(match: re.Match[str]) -> str:
        option = match[0].rpartition(" ")[2]
        shown = key(_OPTIONS.get(option) or _ACTIONS[match["name"]])
        shown += _THEN.get(option, "")
        return before + (f"{key('open_pair')}, then {shown}" if " --pair PAIR" in match[0] else shown)

    return _COMMAND.sub(keys, _OPTION.sub("", _OVERRIDE.sub("", text)))


def server_with_keys(server: Server, commands: Sequence[Command]) -> Server:
    """Return the facts about server software with its notes in the words of the screens."""
    return replace(server, notes=tuple(with_keys(note, commands) for note in server.notes))


_FIRST_WORDS: Final = frozenset(
    {"a", "an", "cannot", "it", "no", "nothing", "only", "others", "that", "the", "there", "these", "this"}
)
"""The words that get a capital letter at the beginning of an error. Any other first word could be a name."""
_FILE_PROGRAMS: Final = frozenset({"chmod", "chown", "mkdir", "setfacl"})
_PROGRAMS: Final = frozenset(
    {"age", "cp", "csrtui", "gpg", "iconv", "keytool", "openssl", "pip", "puttygen", "ssh"}
)
"""A hint that begins with one of these, or with one of `_FILE_PROGRAMS`, is a command to type, and stays as it is."""


def error_texts(error: CsrtuiError, commands: Sequence[Command]) -> list[str]:
    """Return an error and its hint, if any, as separate sentences. The texts are not escaped."""
    first, hint = error.message.partition(" ")[0], with_keys(error.hint or "", commands)
    message = with_keys(error.message, commands)
    texts = [_sentence(_capitalized(message) if first in _FIRST_WORDS else message)]
    if hint:
        head = hint.partition(" ")[0]
        is_key = any(head == command.shown_key for command in commands)
        if head in _FILE_PROGRAMS:
            texts.append(f"Run: {hint}")
        else:
            texts.append(hint if head in _PROGRAMS else _sentence(hint if is_key else _capitalized(hint)))
    return texts


def error_text(error: CsrtuiError, commands: Sequence[Command]) -> str:
    """Return an error and its hint as sentences. The text is not escaped."""
    return " ".join(error_texts(error, commands))


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
