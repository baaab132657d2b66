"""What the README's section on many servers says: its playbooks and its commands."""

from __future__ import annotations

import re

from command import ROOT

HOSTS = ("shop.example-shop.com", "mail.example-shop.com")


def books() -> dict[str, str]:
    """The README's playbooks, by the name in their first line."""
    text = (ROOT / "README.md").read_text()
    return {
        name: f"# {name}\n{book}"
        for name, book in re.findall(r"```yaml\n# (\S+\.yml)\n(.*?)```", text, re.DOTALL)
    }


def commands() -> list[str]:
    """Its blocks of commands for a shell: to set up, to play, and ``csrtui fleet``."""
    section = (ROOT / "README.md").read_text().partition("\n## Many servers\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
