"""Messages name keys on the screens, and commands on the command line."""

from __future__ import annotations

import re

import pytest

from csrtui.core.base.errors import InputError
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.tui.commands import COMMANDS
from csrtui.tui.messages import error_text, with_keys
from csrtui.tui.screens.text_pages import guide_pages
from csrtui.tui.user_keymap import apply_keys


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "once the CA has issued it: csrtui import FILE; until then: csrtui guide nginx",
            "once the CA has issued it: i (Import); until then: F5 (Guide)",
        ),
        ("1 csrtui backup left out", "1 csrtui backup left out"),
        ("csrtui doctor shows how to fix it", "D (Doctor) shows how to fix it"),
        ("make a new pair with csrtui new; TLS", "make a new pair with n (New); TLS"),
        ("csrtui renew --store '/a b' a.com makes a pair", "w (Renew) makes a pair"),
        ("csrtui export a.com --undo puts them back", "U (Undo install) puts them back"),
        (
            "import it for that pair: csrtui import FILE --pair PAIR",
            "import it for that pair: Enter (Open), then i (Import)",
        ),
        ("csrtui export --replace writes the files", "I (Install) writes the files"),
        ("csrtui adopt --key KEY --make-csr --names NAME … makes a CSR", "a (Adopt) makes a CSR"),
        ("csrtui restore FILE --identity IDENTITY restores its pair", "r (Restore) restores its pair"),
        ("give the identity (--identity FILE)", "give the identity"),
        ("it must belong to root (export --owner root).", "it must belong to root."),
        ("continue with it: csrtui show a.com; or override with --force", "continue with it: Enter (Open)"),
        ("csrtui renew --store /s a.com --force renews it anyway", ""),
        ("csrtui new --from FILE makes pairs from it", "csrtui new --from FILE makes pairs from it"),
        ("openssl s_client HOST | csrtui served a.com", "openssl s_client HOST | csrtui served a.com"),
    ],
)
def test_a_message_names_keys_in_place_of_commands(message: str, shown: str) -> None:
    assert with_keys(message, COMMANDS) == shown


def test_an_error_names_the_users_keys_and_is_written_as_sentences() -> None:
    error = InputError("there is no pair a.com", "csrtui list shows the pairs")
    commands = apply_keys({"switch_pane": "f8"})
    assert error_text(error, commands) == "There is no pair a.com. F8 (Keystore) shows the pairs."


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_guides_name_no_option_of_the_command_line(platform: str) -> None:
    text = " ".join(" ".join(guide_pages(COMMANDS)[platform].lines(78)).split())
    assert not re.search(
        r"\(--|csrtui (?:adopt|backup|export|import|new|renew|restore|verify)|export --", text
    )
