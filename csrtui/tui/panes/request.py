"""The request pane: the form, the live preview, the advice, and help for the field with the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from csrtui.core.advice.field_help import CA_HELP, FIELD_HELP, KEY_HELP
from csrtui.core.base.finding import CaKind, FieldName, worst_first
from csrtui.core.keys.key_types import KeyType
from csrtui.tasks.draft import asked_by
from csrtui.tui.commands import COMMANDS, key_of
from csrtui.tui.widgets.preview import Ahead, Preview
from csrtui.tui.widgets.request_form import RequestForm
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from csrtui.core.advice.advisor import Advice
    from csrtui.core.base.finding import Finding
    from csrtui.core.config.settings import Profile
    from csrtui.core.pairs.draft import Draft
    from csrtui.tasks.draft import OwnDraft
    from csrtui.tasks.prefill import Start
    from csrtui.tasks.request_spec import Asked
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

_MOST_FIXES = 1000


class RequestPane(Widget):
    """Where a request is typed.

    Args:
        session: What the advice is asked of.
        draft: What the form starts with.
        commands: All commands, with the keys they have.
        own: Where forms of sessions that ended come from, if they are offered.
        id: The widget's id.
    """

    class DraftChanged(Message):
        """The form holds something else now."""

    def __init__(
        self,
        session: Session,
        draft: Draft,
        commands: Sequence[Command] = COMMANDS,
        *,
        own: OwnDraft | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._commands = commands
        self._own = own
        self._session = session
        self._start = draft
        self._findings: Sequence[Finding] = ()
        self._current = 0
        self._update_due = False

    def compose(self) -> ComposeResult:
        """Build the pane."""
        yield RequestForm(self._start, id="form")
        yield RuleLine(id="form-rule")
        yield Preview(key_of("fix", self._commands), id="preview")
        yield TextBlock(id="field-help")

    @property
    def form(self) -> RequestForm:
        """The form."""
        return self.query_one(RequestForm)

    @property
    def asked(self) -> Asked:
        """What the form asks for."""
        return asked_by(self.form.draft)

    @property
    def advice(self) -> Advice:
        """The advice on what the form asks for, worked out now."""
        from csrtui.tasks.existing_pairs import with_pair_exists
        from csrtui.tasks.request_spec import advise_on

        advice = advise_on(self._session, self.asked)
        return advice if self.form.draft.renews else with_pair_exists(self._session, advice)

    @property
    def ahead(self) -> Ahead | None:
        """What the preview shows as long as what will be signed is not known yet; None where it is."""
        return None

    # Commands

    @property
    def pair_to_renew(self) -> str | None:
        """The pair that the finding at hand advises to renew, or None."""
        self._update()
        fix = self._findings[self._current].fix if self._findings else None
        return fix.renews if fix else None

    def fix(self) -> str | None:
        """Apply the fix of the finding at hand; return what was done, or None when there is none."""
        self._update()
        if not self._findings or self._findings[self._current].fix is None:
            return None
        finding = self._findings[self._current]
        if finding.fix is None:
            return None
        self.form.apply(finding.fix, finding.field)
        return finding.fix.label

    def fix_all(self) -> int:
        """Apply every fix that only corrects what was plainly meant, as one step; return how many there were."""
        before = self.form.draft
        count = 0
        while count < _MOST_FIXES:
            finding = next((found for found in self.advice.findings if found.fix and found.fix.safe), None)
            if finding is None or finding.fix is None:
                break
            self.form.apply(finding.fix, finding.field)
            count += 1
        if count:
            self.form.join_fixes(before)
        return count

    def next_advice(self) -> None:
        """Put the next finding at hand."""
        if self._findings:
            self._current = (self._current + 1) % len(self._findings)
            self._update()

    def point_to(self, finding: Finding) -> None:
        """Put the cursor into the field that a finding is about."""
        self.form.focus_field(finding.field)

    def choose_profile(self) -> None:
        """Choose a profile to fill the form with, or keep the form as one."""
        from csrtui.tui.screens.profiles import ProfilesScreen

        self.form.settle()
        self.app.push_screen(ProfilesScreen(self.form.draft), self._use_profile)

    def choose_start(self) -> None:
        """Ask for a pair, a CSR or a certificate to fill the form with."""
        from csrtui.tui.screens.start_from import StartFromScreen

        self.app.push_screen(StartFromScreen(self._session, self._own), self._use_start)

    def renew(self, start: Start, name: str) -> None:
        """Fill the form with the request of a pair, for one that takes its place.

        Args:
            start: What the old request asks for.
            name: The pair.
        """
        self.form.replace(replace(start.draft, renews=name))
        self._tell_left_out(start)

    def _use_profile(self, chosen: tuple[str, Profile] | None) -> None:
        if chosen is not None:
            from csrtui.tasks.profiles import with_profile_applied

            name, profile = chosen
            self.form.replace(with_profile_applied(self.form.draft, profile))
            self.form.tell(f"filled in from the profile {name}   ctrl+z undoes it")

    def _use_start(self, start: Start | None) -> None:
        if start is None:
            return
        self.form.replace(start.draft)
        self.form.tell("filled in; a new key will be made   ctrl+z undoes it")
        self._tell_left_out(start)

    def _tell_left_out(self, start: Start) -> None:
        if start.left_out:
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen("Filled in. Not taken over:", start.left_out))

    # Events

    def on_request_form_changed(self, event: RequestForm.Changed) -> None:
        """Work the preview out when the keys waiting have been drawn."""
        event.stop()
        self.post_message(self.DraftChanged())
        self.update_soon()

    def on_request_form_field_focused(self, event: RequestForm.FieldFocused) -> None:
        """Show help and advice for the field."""
        event.stop()
        self._current = 0
        self.update_soon()

    def on_resize(self) -> None:
        """Break the help anew."""
        self._show_help()

    def update_soon(self) -> None:
        """Work the preview out once what is waiting to be drawn has been drawn."""
        if not self._update_due:
            self._update_due = True
            self.call_after_refresh(self._update)

    def _update(self) -> None:
        self._update_due = False
        if not self.is_mounted:
            return
        from csrtui.tasks.request_spec import preview

        at_hand = self._findings[self._current] if self._findings else None
        advice = self.advice
        focused = self.form.focused_field
        self._findings = sorted(
            worst_first(advice.findings), key=lambda finding: finding.field is not focused
        )
        same = [at for at, found in enumerate(self._findings) if at_hand and _same(found, at_hand)]
        self._current = (
            same[0] if self._current and same else min(self._current, max(len(self._findings) - 1, 0))
        )
        self.query_one(Preview).show_preview(
            advice, preview(advice), self._findings, self._current, self.ahead
        )
        self.form.refresh_country()
        self._show_help()
        self._show_tie()

    def _show_tie(self) -> None:
        """Say in the rule under the form which pair the new one takes the place of."""
        renews, rule = self.form.draft.renews, self.query_one("#form-rule", RuleLine)
        rule.set_class(bool(renews), "-told")
        if renews:
            rule.tell(f"renews {renews}")
        else:
            rule.clear()

    def _show_help(self) -> None:
        block = self.query_one("#field-help", TextBlock)
        lines = wrap(self.help_text(), max(self.size.width - 2, 1))
        block.show([((f" {line}", "label"),) for line in lines])

    def help_text(self) -> str:
        """Return what is said of the field with the cursor."""
        draft = self.form.draft
        match self.form.focused_field:
            case FieldName.CA:
                return CA_HELP[CaKind(draft.ca)]
            case FieldName.KEY:
                return KEY_HELP[KeyType(draft.key)]
            case field:
                return FIELD_HELP[field]


def _same(one: Finding, other: Finding) -> bool:
    return (one.code, one.field, one.value) == (other.code, other.field, other.value)
