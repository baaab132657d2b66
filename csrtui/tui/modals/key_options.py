"""The second page of the request form: the pair's name, the passphrase of its key, and additional attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural
from csrtui.core.keys.passphrase_quality import refusal, strength
from csrtui.core.pairs.pair_name import check_pair_name
from csrtui.core.subject.fields import read_attributes
from csrtui.tasks.renew import SAME_KEY_CONSEQUENCES
from csrtui.tui.modals.base import labelled
from csrtui.tui.modals.form import FormModal
from csrtui.tui.modals.messages import ask_if_weak
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.tui.widgets.text_block import Line

_HELP = (
    "If the name is empty, the pair is named after its first host name. Without a passphrase, the key is readable by its owner "
    "only. The passphrase is not saved with the form. Only private CAs accept additional subject attributes, such "
    "as OU=Research; UID=4711."
)
_OF_THAT_KEY = "If that key has a passphrase, type it once."


class KeyOptions(NamedTuple):
    """Further options of a new pair. They are kept in memory only, except the attributes, which are in the draft.

    Attributes:
        pair_name: The name of the pair, or None for the one derived from the request.
        attributes: The additional subject attributes, as `read_attributes` reads them.
        same_key_of: The name of the pair to renew with its own key, whose passphrase is then `passphrase`, or "".
    """

    pair_name: str | None = None
    passphrase: Secret | None = None
    attributes: str = ""
    same_key_of: str = ""

    @property
    def summary(self) -> str:
        """The options that are set, in a few words, or ""."""
        count = len(read_attributes(self.attributes))
        texts = (
            f"pair {self.pair_name}" if self.pair_name else "",
            "same key" if self.same_key_of else "key with passphrase" if self.passphrase else "",
            plural(count, "attribute") if count else "",
        )
        return ", ".join(filter(None, texts))


class KeyOptionsModal(FormModal[KeyOptions | None]):
    """A dialog for the options of the next pair. It returns them, or None if nothing changes.

    Args:
        options: The current options. A passphrase must be typed again.
    """

    def __init__(self, options: KeyOptions, renews: str = "") -> None:
        super().__init__()
        self._options = options
        self._renews = renews

    FIRST_FOCUS = "#pair-name"
    verb = "Next field, accept"
    heading = "Pair and key"

    def fields(self) -> Iterable[Widget]:
        """Return the fields."""
        if self._renews:
            keys = [("", "new key"), (self._renews, f"same key as {self._renews}")]
            yield ChoiceField("Key", keys, self._options.same_key_of, id="key")
        yield from labelled(
            ("Pair's name", TextField(self._options.pair_name or "", id="pair-name")),
            ("Passphrase", SecretField(id="passphrase")),
            ("Repeat", SecretField(id="again")),
            ("Attributes", TextField(self._options.attributes, "TYPE=value; TYPE=value", id="attributes")),
        )

    @property
    def _same_key_of(self) -> str:
        return self.query_one("#key", ChoiceField).value if self._renews else ""

    def on_choice_field_changed(self) -> None:
        """Show the consequences of the new choice."""
        self.draw()

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Go to the next field, or accept the options."""
        if event.input.id == "attributes":
            self._accept()
        else:
            self.app.action_focus_next()

    def on_secret_field_submitted(self, event: SecretField.Submitted) -> None:
        """Go to the second passphrase, or accept the options."""
        event.stop()
        if event.field.id == "passphrase" and event.field.secret().encoded:
            self.query_one("#again").focus()
        else:
            self._accept()

    def on_secret_field_changed(self, event: SecretField.Changed) -> None:
        """Say how strong the passphrase is."""
        event.stop()
        self.draw()

    def _accept(self) -> None:
        name, passphrase = self.text_of("#pair-name"), self.secret_of("#passphrase")
        attributes = self.text_of("#attributes")
        try:
            if name:
                check_pair_name(name)
            is_new = passphrase.encoded and not self._same_key_of
            if is_new and passphrase != self.secret_of("#again"):
                raise InputError("The passphrases differ. Type the second one again.")
            read_attributes(attributes)
            if is_new and (weakness := refusal(passphrase)) is not None:
                raise weakness
        except CsrtuiError as error:
            self.fail(error)
            return
        secret = passphrase if passphrase.encoded else None
        options = KeyOptions(name or None, secret, attributes, self._same_key_of)
        if is_new:
            ask_if_weak(self.app, passphrase, lambda: self.dismiss(options))
        else:
            self.dismiss(options)

    @property
    def about(self) -> str:
        """The help, or the consequences of keeping the key."""
        return " ".join((*SAME_KEY_CONSEQUENCES, _OF_THAT_KEY)) if self._same_key_of else _HELP

    def notes(self) -> list[Line]:
        """Return how strong a new passphrase is."""
        passphrase = self.secret_of("#passphrase")
        return self.lines(strength(passphrase)) if passphrase.encoded and not self._same_key_of else []
