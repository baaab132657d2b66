"""The command that fetches a file of this machine to the laptop that somebody sits at."""

import re
from dataclasses import dataclass
from shlex import quote

from csrtui.core.base.escaping import shows

_PLAIN = re.compile(r"[^A-Za-z0-9_./@%+=:,-]")
_SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class Host:
    """This machine as ssh reaches it.

    Attributes:
        name: Its name.
        user: Who logs in there.
        port: Where its ssh listens.
    """

    name: str
    user: str
    port: int = _SSH_PORT


def scp_line(host: Host, path: str, to: str = ".") -> str | None:
    r"""Return the `scp` command to be typed on the laptop, or None for a path that cannot be typed.

    What is special in the path is quoted twice: for the laptop's shell, and with ``\`` for the other side,
    where the old protocol gives it to a shell and SFTP to glob(3); both take the backslash away.

    Args:
        host: This machine.
        path: The file, absolute.
        to: What it is to be called on the laptop, or a folder there.
    """
    if not shows(path):
        return None
    there = _PLAIN.sub(lambda found: f"\\{found[0]}", path)
    port = "" if host.port == _SSH_PORT else f"-P {host.port} "
    return f"scp {port}{quote(f'{host.user}@{host.name}:{there}')} {quote(to)}"
