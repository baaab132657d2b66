"""Ask a question in a dialog, and act on the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from csrtui.core.base.secret import Secret


def ask(
    app: App[Any],
    title: str,
    text: str,
    yes: str,
    act: Callable[[], object],
    *,
    no: str = "Cancel",
    command: str = "",
    decline: Callable[[], object] | None = None,
) -> None:
    """Ask a question in a `ConfirmModal`, and call `act` or `decline` with the answer.

    Args:
        app: The app.
        title: The question.
        text: The consequence, in one or two sentences.
        yes: The label of the answer that is not the safe one.
        act: Called for the answer `yes`.
        no: The label of the safe answer.
        command: A command line to show after the text, or "".
        decline: Called for the safe answer.
    """
    from csrtui.tui.modals.confirm import ConfirmModal

    def handle(answer: bool | None) -> None:  # noqa: FBT001 - the result of the dialog
        if answer:
            act()
        elif decline is not None:
            decline()

    app.push_screen(ConfirmModal(title, text, yes, no, command), handle)


def ask_if_weak(app: App[Any], passphrase: Secret, act: Callable[[], object]) -> None:
    """Call `act`. If a new passphrase is easy to guess, ask first."""
    from csrtui.core.keys.passphrase_quality import guess_reasons

    reasons = guess_reasons(passphrase)
    if reasons:
        ask(app, "Use this passphrase anyway?", " ".join(reasons), "Use it", act)
    else:
        act()
