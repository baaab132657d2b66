"""The playbooks and commands of the documentation for many servers."""

from __future__ import annotations

import re

from command import ROOT

HOSTS = ("shop.example-shop.com", "mail.example-shop.com")


_RELOAD = "ansible.builtin.service: {name: nginx, state: reloaded}"


def books_without_nginx(instead: str = "ansible.builtin.meta: noop") -> dict[str, str]:
    """Return the playbooks for hosts without nginx: another task replaces its reload."""
    assert _RELOAD in books()["install.yml"]
    return {name: book.replace(_RELOAD, instead) for name, book in books().items()}


def books() -> dict[str, str]:
    """Return the playbooks, by the name in their first line."""
    text = (ROOT / "csrtui/docs/many-servers.md").read_text()
    return {
        name: f"# {name}\n{book}"
        for name, book in re.findall(r"```yaml\n# (\S+\.yml)\n(.*?)```", text, re.DOTALL)
    }


def commands() -> list[str]:
    """Return the blocks of shell commands: the setup, the playbooks, and ``csrtui fleet``."""
    section = (ROOT / "csrtui/docs/many-servers.md").read_text()
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
