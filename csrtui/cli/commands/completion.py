"""``csrtui completion SHELL``: print the script that completes commands, options, values and pair names in a shell."""

import argparse
import sys

from csrtui.cli.parser import Action
from csrtui.store.package_data import SHELLS, read_completion


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")


def _run(options: argparse.Namespace) -> int:
    sys.stdout.write(read_completion(options.shell))
    return 0


ACTION = Action(
    "csrtui completion bash > ~/.local/share/bash-completion/completions/csrtui\n"
    "csrtui completion zsh > ~/.zfunc/_csrtui\n"
    "csrtui completion fish > ~/.config/fish/completions/csrtui.fish",
    _arguments,
    _run,
)
