"""The request form for many hosts, whose fields may contain variables of the inventory. Pasted text is literal."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal

from csrtui.core.advice.advisor import MISSING_COMMON_NAME
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName
from csrtui.core.names.inventory_template import has_variables
from csrtui.fleet.tasks.requests import advise_on_template, plan, spec_from_draft
from csrtui.tasks.draft import load_draft_for_hosts, save_draft_for_hosts
from csrtui.tui.commands import Scope, bindings
from csrtui.tui.panes.request import RequestPane
from csrtui.tui.screens.form_screen import DraftWriter, FormScreen
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine
from csrtui.tui.widgets.preview import PreviewPlaceholder
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.advice.advisor import Advice
    from csrtui.fleet.tasks.results import HostResult
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.tasks.draft import Draft
    from csrtui.tasks.request_spec import RequestSpec
    from csrtui.tasks.session import Session

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


_HOSTS_HELP = (
    "Hosts and groups of the inventory as an Ansible pattern: all, or web1,web2, or web:!web3 "
    "for the group web without web3."
)


class FleetRequestScreen(FormScreen):
    """The request form for many hosts. The next step is a preview for each host.

    Args:
        hosts: The hosts as an Ansible pattern. If it is empty, the hosts of the saved form are used, or else all hosts.

    Attributes:
        results: The result of each host; empty if no pair was made.
    """

    place: ClassVar[Scope] = Scope.REQUEST
    BINDINGS: ClassVar[list[BindingType]] = [
        *(it for it in bindings(Scope.REQUEST) if isinstance(it, Binding) and it.action != "switch_pane"),
        Binding("escape", "back", "Back", show=False),
    ]
    DEFAULT_CSS = """
    FleetRequestScreen #hosts-line { height: 1; }
    FleetRequestScreen #hosts-label { width: 17; }
    FleetRequestScreen #hosts { width: 1fr; }
    """
    AUTO_FOCUS = None

    def __init__(self, session: Session, reach: Reach, hosts: str) -> None:
        super().__init__()
        self._session = session
        self._reach = reach
        self._draft, saved_hosts = load_draft_for_hosts(session)
        self._hosts = hosts or (saved_hosts if self._draft.has_names else "") or "all"
        self._stop: Event | None = None
        self._draft_writer = DraftWriter[tuple["Draft", str]](
            lambda draft_and_hosts: save_draft_for_hosts(session, *draft_and_hosts)
        )
        self.results: Sequence[HostResult] = ()

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine(id="title-rule")
        with Horizontal(id="hosts-line"):
            yield TextBlock(id="hosts-label")
            yield TextField(self._hosts, "all", id="hosts")
        yield TemplateRequestPane(self._session, self._draft, id="request")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Focus the common name."""
        # The path comes last, because a long path is cut at its end.
        self.show_title(visible(f"csrtui · request on many hosts · {self._reach.target.label}"))
        self.on_request_pane_commands_changed()
        self.request.form.focus_field(FieldName.COMMON_NAME)
        self.request.update_soon()

    def on_request_pane_commands_changed(self) -> None:
        """Show the commands that can be used now."""
        scopes = {Scope.REQUEST, Scope.PAGES, Scope.ANYWHERE}
        here = [command for command in self.commands if command.on_bar and command.scope in scopes]
        self.query_one(CommandBar).show_commands(self.possible_now(here), {"generate": "Show each host"})

    def on_unmount(self) -> None:
        """Stop planning, because the screen was closed."""
        if self._stop is not None:
            self._stop.set()

    # The fields

    def on_descendant_focus(self) -> None:
        """Mark the label of the hosts field while it has the focus, and show its help."""
        has_focus = self._is_hosts_focused
        label = ((">" if has_focus else " ", "strong"), ("Hosts", "strong" if has_focus else "label"))
        self.query_one("#hosts-label", TextBlock).show([label])
        if has_focus:
            lines = wrapped(_HOSTS_HELP, max(self.size.width - 2, 1), "label")
            self.query_one("#field-help", TextBlock).show(lines)

    def action_next_field(self) -> None:
        """Go to the next field; the hosts field is the first."""
        if self._is_hosts_focused:
            self.request.form.focus_field(FieldName.COMMON_NAME)
        elif self.request.form.focused_field is self.request.form.order[-1]:
            self.query_one("#hosts").focus()
        else:
            super().action_next_field()

    def action_previous_field(self) -> None:
        """Go to the previous field."""
        if self._is_hosts_focused:
            self.request.form.focus_field(self.request.form.order[-1])
        elif self.request.form.focused_field is FieldName.COMMON_NAME:
            self.query_one("#hosts").focus()
        else:
            super().action_previous_field()

    def on_input_submitted(self) -> None:
        """Go from the hosts field to the form."""
        self.action_next_field()

    def on_input_changed(self) -> None:
        """Save the form soon, because the hosts have changed."""
        self.save_draft_soon()

    def on_request_form_changed(self) -> None:
        """Clear the message and save the form soon."""
        if self._stop is None:
            self.clear_message()
        self.save_draft_soon()

    @property
    def _is_hosts_focused(self) -> bool:
        return self.query_one("#hosts").has_focus

    # Planning

    def action_generate(self) -> None:
        """Plan the request of each host, then show the preview."""
        if self._stop is not None:
            return
        self.request.form.convert_country_name()
        spec, hosts = self.request.request_spec, self.query_one("#hosts", TextField).value.strip()
        if not self.request.form.draft.common_name.strip():
            self.request.point_to(MISSING_COMMON_NAME)
            self.tell(MISSING_COMMON_NAME.text)
        elif not hosts:
            self.query_one("#hosts").focus()
            self.tell("Enter the hosts, e.g. all.")
        else:
            self.save_draft()
            self._stop = stop = Event()
            self.tell("planning the request of each host …   Esc stops")
            self.run_worker(self._plan(spec, hosts, stop), group="plan")

    async def _plan(self, spec: RequestSpec, hosts: str, stop: Event) -> None:
        """Plan the requests, and show the preview or the error."""
        reach = replace(self._reach, stop=stop)
        requests = await run_in_thread(
            lambda: list(plan(self._session, reach, spec, counterparts=False, hosts=hosts))
        )
        was_stopped = stop.is_set()
        self._stop = None
        if was_stopped:
            self.tell("stopped")
        elif isinstance(requests, CsrtuiError):
            self.tell_error(requests)
        else:
            from csrtui.fleet.tui.plan import FleetPlanScreen

            self.clear_message()
            screen = FleetPlanScreen(self._session, self._reach, requests)
            self.app.push_screen(screen, self._store_results)

    def _store_results(self, results: Sequence[HostResult] | None) -> None:
        """Go back to the list; if all hosts succeeded, prepare the form for the next request."""
        if results is None:
            return
        self.results = results
        if all(result.failure is None for result in results):
            self.request.form.load(self.request.form.draft.next_draft())
        self.action_back()

    def action_back(self) -> None:
        """Stop the planning if it is running. Otherwise, save the form and go back to the list."""
        if self._stop is not None:
            self._stop.set()
        else:
            self.save_draft()
            self.dismiss()

    def draft_to_save(self) -> object:
        """Return the form and the hosts."""
        return self.request.form.draft, self.query_one("#hosts", TextField).value
