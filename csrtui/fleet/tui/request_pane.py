"""The request pane for many hosts, in which typed text may contain variables of the inventory.

Pasted text, and text from a CSR, a pair or a profile, is literal: see `csrtui.tui.widgets.form_field`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName
from csrtui.core.names.template import has_variables
from csrtui.fleet.tasks.requests import advise_on_template, spec_from_draft
from csrtui.tui.panes.request import RequestPane
from csrtui.tui.widgets.preview import PreviewPlaceholder

if TYPE_CHECKING:
    from csrtui.core.advice.advisor import Advice
    from csrtui.tasks.request_spec import RequestSpec

_HELP = {
    FieldName.COMMON_NAME: "The host name that visitors type. Type an inventory variable to give each host its own "
    "name: {{ inventory_hostname }}.mydomain.com",
    FieldName.NAMES: "All other names, separated by spaces, commas or lines. An inventory variable can contain one "
    "name or a list: {{ site }}.mydomain.com, {{ aliases }}",
}
_SUBJECT = "different on each host; the next step shows all, with advice"


class TemplateRequestPane(RequestPane):
    """A request pane that accepts variables. The arguments are those of `RequestPane`."""

    @property
    def request_spec(self) -> RequestSpec:
        """The request in the form, with variables not replaced."""
        return spec_from_draft(self.form.draft)

    @property
    def advice(self) -> Advice:
        """The advice that applies to every host."""
        return advise_on_template(self._session, self.request_spec)

    @property
    def preview_placeholder(self) -> PreviewPlaceholder | None:
        """The names as the user typed them, for the preview, or None if the request contains no variables."""
        spec = self.request_spec
        names = [name for name in spec.names if name]
        if not any(map(has_variables, [*names, *spec.subject._asdict().values()])):
            return None
        return PreviewPlaceholder(_SUBJECT, visible("  ".join(names)))

    @property
    def introduction(self) -> tuple[str, str]:
        """Two sentences for a form without names: the result on the hosts, and the required fields."""
        return (
            "Generates a private key and its CSR on each host, and keeps both there.",
            super().introduction[1],
        )

    def help_text(self) -> str:
        """Return the help for the focused field, which explains variables for the name fields."""
        return _HELP.get(self.form.focused_field) or super().help_text()
