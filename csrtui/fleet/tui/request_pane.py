"""The request pane for many hosts: texts that are typed may have variables of the inventory, which differ by host.

Pasted text, and text that a CSR, a pair or a profile filled in, is literal: see `csrtui.tui.widgets.form_field`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName
from csrtui.core.names.template import has_variables
from csrtui.fleet.tasks.requests import advise_ahead, asked_by_template
from csrtui.tui.panes.request import RequestPane
from csrtui.tui.widgets.preview import Ahead

if TYPE_CHECKING:
    from csrtui.core.advice.advisor import Advice
    from csrtui.tasks.request_spec import Asked

_HELP = {
    FieldName.COMMON_NAME: "The host that visitors type. A variable of the inventory, typed here, gives each host its "
    "own: {{ inventory_hostname }}.mydomain.com",
    FieldName.NAMES: "Every other host to cover, in any separation. A variable of the inventory, typed here, is one name "
    "or a list of names: {{ site }}.mydomain.com, {{ aliases }}",
}
_SUBJECT = "another on each host: the next step shows each, with the advice on it"


class TemplateRequestPane(RequestPane):
    """Where a request for many hosts is typed; its arguments are those of every `RequestPane`."""

    @property
    def asked(self) -> Asked:
        """What the form asks for, the variables not filled in."""
        return asked_by_template(self.form.draft)

    @property
    def advice(self) -> Advice:
        """The advice on what is the same on every host."""
        return advise_ahead(self._session, self.asked)

    @property
    def ahead(self) -> Ahead | None:
        """The names as they are typed, where something is filled in on each host."""
        asked = self.asked
        names = [name for name in asked.names if name]
        texts = [*names, *asked.subject._asdict().values()]
        return Ahead(_SUBJECT, visible("  ".join(names))) if any(map(has_variables, texts)) else None

    def help_text(self) -> str:
        """What is said of the field with the cursor: of names, that variables may be in them."""
        return _HELP.get(self.form.focused_field) or super().help_text()
