"""The request pane: the form, the preview of the request, the advice, and help for the focused field."""

from __future__ import annotations

import re
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from csrtui.core.advice.field_help import CA_HELP, FIELD_HELP, KEY_HELP, PURPOSE_HELP
from csrtui.core.base.finding import CaKind, FieldName, Purpose, merge_same_reasons, worst_first
from csrtui.core.keys.key_types import KeyType
from csrtui.tasks.draft import empty_draft, request_spec_of
from csrtui.tui.commands import commands_of, key_of
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.one_line_widgets import TitleLine
from csrtui.tui.widgets.preview import Preview, PreviewPlaceholder
from csrtui.tui.widgets.request_fields import FIELD_LABELS, is_code, is_part_of_name
from csrtui.tui.widgets.request_form import RequestForm
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from csrtui.core.advice.advisor import Advice
    from csrtui.core.base.finding import Finding
    from csrtui.core.certificates.csr import Request
    from csrtui.core.config.settings import Profile
    from csrtui.tasks.draft import Draft
    from csrtui.tasks.form_prefill import PrefilledForm
    from csrtui.tasks.request_spec import RequestSpec
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_PAUSE = 0.8
"""Seconds without a key after which a few letters in a field for a place are not the beginning of a longer name."""
_PLACES = frozenset({FieldName.COUNTRY, FieldName.STATE, FieldName.LOCALITY})
_PREMATURE = frozenset({"state-abbreviated", "placeholder"})
"""The findings on a state or a locality that the beginning of a longer name can cause, such as Ca and None."""
_MAX_FIXES = 1000
"""Maximum number of fixes in `RequestPane.fix_all`, in case the fixes of two findings undo each other."""


class RequestPane(Widget):
    """The form for a request, with its preview, advice and help."""

    class CommandsChanged(Message):
        """The commands that are possible have changed, because the advice has."""

    def __init__(
        self,
        session: Session,
        draft: Draft,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._session = session
        self._initial_draft = draft
        self._findings: Sequence[Finding] = ()
        self._current = 0
        self._is_update_due = False
        self._impossible: frozenset[str] = frozenset()
        self._place_changed = -_PAUSE

    def compose(self) -> ComposeResult:
        """Build the pane."""
        yield RequestForm(self._initial_draft, id="form")
        yield TitleLine("Will be signed", id="form-rule")
        commands = commands_of(self.app)
        yield Preview(key_of("fix", commands), key_of("next_advice", commands), id="preview")
        yield TitleLine("", id="help-rule")
        yield TextBlock(id="field-help")

    @property
    def form(self) -> RequestForm:
        """The form."""
        return self.query_one(RequestForm)

    @property
    def request_spec(self) -> RequestSpec:
        """The request that the form describes."""
        return request_spec_of(self.form.draft)

    @property
    def advice(self) -> Advice:
        """The advice on the current request. It is computed on each access."""
        from csrtui.tasks.existing_pairs import with_pair_exists
        from csrtui.tasks.request_spec import advise_on

        advice = advise_on(self._session, self.request_spec)
        return advice if self.form.draft.renews else with_pair_exists(self._session, advice)

    @property
    def preview_placeholder(self) -> PreviewPlaceholder | None:
        """Texts that the preview shows if the request is not known yet, or None if it is known."""
        return None

    @property
    def introduction(self) -> tuple[str, str]:
        """Two sentences that introduce the form until a name is entered: its result, and its required field."""
        key = key_of("generate", commands_of(self.app))
        return (
            "Generates a private key and its CSR, and keeps both on this machine.",
            f"Only the common name (*) is required. Type it, then press {key}.",
        )

    @property
    def impossible_commands(self) -> frozenset[str]:
        """The commands on the advice that currently have no effect."""
        has_fix = bool(self._findings) and self._findings[self._current].fix is not None
        has_more = len(self._findings) > 1
        return frozenset({"fix"} if not has_fix else ()) | frozenset({"next_advice"} if not has_more else ())

    # Commands

    @property
    def has_advice(self) -> bool:
        """Whether the form has advice."""
        return bool(self._findings)

    @property
    def pair_to_renew(self) -> str | None:
        """The name of the pair that the current finding advises to renew, or None."""
        self._update()
        fix = self._findings[self._current].fix if self._findings else None
        return fix.renews if fix else None

    def fix(self) -> str | None:
        """Apply the fix of the current finding. Return the label of the fix, or None if there is no fix."""
        self._place_changed = -_PAUSE
        self._update()
        finding = self._findings[self._current] if self._findings else None
        if finding is None or finding.fix is None:
            return None
        self.form.apply(finding.fix, finding.field)
        return finding.fix.label

    def fix_all(self) -> int:
        """Apply all safe fixes as one undo step. Return the number of fixes."""
        count = 0
        with self.form.one_step():
            while count < _MAX_FIXES:
                findings = self.advice.findings
                finding = next((finding for finding in findings if finding.fix and finding.fix.safe), None)
                if finding is None or finding.fix is None:
                    break
                self.form.apply(finding.fix, finding.field)
                count += 1
        return count

    def next_advice(self) -> None:
        """Make the next finding the current one."""
        if self._findings:
            self._current = (self._current + 1) % len(self._findings)
            self._update()

    def point_to(self, finding: Finding) -> None:
        """Focus the field that a finding concerns."""
        self.form.focus_field(finding.field)

    def choose_profile(self) -> None:
        """Open the dialog that loads a profile into the form or saves the form as one."""
        from csrtui.tui.modals.request_form_dialogs import ProfilesModal

        self.form.convert_country_name()
        self.app.push_screen(ProfilesModal(self.form.draft), self._use_profile)

    def choose_start(self) -> None:
        """Open the dialog that fills the form from a pair, a CSR or a certificate."""
        from csrtui.tui.modals.request_form_dialogs import StartFromModal

        self.app.push_screen(StartFromModal(self._session), self._use_prefill)

    def clear(self) -> None:
        """Empty the form except for the defaults of the configuration, as one undo step."""
        self.form.replace(empty_draft(self._session))
        self.form.focus_field(FieldName.COMMON_NAME)

    def renew(self, prefill: PrefilledForm, name: str) -> None:
        """Fill the form with the request of a pair, in order to replace that pair."""
        self.form.replace(replace(prefill.draft, renews=name))
        self._show_omissions(prefill)

    def _use_profile(self, choice: tuple[str, Profile | None] | None) -> None:
        name, profile = choice or ("", None)
        if profile is not None:
            from csrtui.tasks.form_prefill import with_profile_applied

            self.form.replace(with_profile_applied(self.form.draft, profile))
            self.form.tell(f"filled in from the profile {name}   ctrl+z undoes it")
        elif name:
            self.form.tell(f"saved as the profile {name}")

    def _use_prefill(self, prefill: PrefilledForm | None) -> None:
        if prefill is None:
            return
        self.form.replace(prefill.draft)
        self.form.tell("filled in; a new key will be generated   ctrl+z undoes it")
        self._show_omissions(prefill)

    def _show_omissions(self, prefill: PrefilledForm) -> None:
        if prefill.omissions:
            from csrtui.tui.modals.questions import NoticeModal

            self.app.push_screen(NoticeModal("Filled in. Not copied:", prefill.omissions))

    # Events

    def on_request_form_changed(self) -> None:
        """Update the preview, but only after the keys typed so far have been drawn."""
        if self.form.focused_field in _PLACES:
            self._place_changed = monotonic()
            self.set_timer(_PAUSE, self.update_soon)
        self.update_soon()

    def on_request_form_field_focused(self, event: RequestForm.FieldFocused) -> None:
        """Show the help and the advice for the focused field."""
        event.stop()
        self._current = 0
        self._place_changed = -_PAUSE
        self.update_soon()

    def on_resize(self) -> None:
        """Fit the help to the new width."""
        self._show_help()

    def update_soon(self) -> None:
        """Update the preview after the next refresh. Several calls before that refresh cause only one update."""
        if not self._is_update_due:
            self._is_update_due = True
            self.call_after_refresh(self._update)

    def _update(self) -> None:
        self._is_update_due = False
        if not self.is_mounted:
            return
        previous = self._findings[self._current] if self._findings else None
        advice = self.advice
        focused = self.form.focused_field
        findings = [finding for finding in advice.findings if not self._is_being_typed(finding)]
        self._findings = merge_same_reasons(
            sorted(worst_first(findings), key=lambda finding: finding.field is not focused)
        )
        equal = [
            index for index, finding in enumerate(self._findings) if previous and _is_same(finding, previous)
        ]
        self._current = (
            equal[0] if self._current and equal else min(self._current, max(len(self._findings) - 1, 0))
        )
        self.query_one(Preview).show_preview(
            advice,
            self._preview(advice, findings),
            self._findings,
            self._current,
            self.preview_placeholder,
            introduction=() if self.form.draft.has_names else self.introduction,
        )
        if self.impossible_commands != self._impossible:
            self._impossible = self.impossible_commands
            self.post_message(self.CommandsChanged())
        self.form.refresh_notes()
        self._show_help()
        self._show_renewal()

    def _preview(self, advice: Advice, findings: Sequence[Finding]) -> Request | None:
        """Return the preview of the request. While a country's name is being typed, leave out an incomplete name."""
        from csrtui.core.subject import countries
        from csrtui.tasks.request_spec import advise_on, preview

        if self.form.focused_field is FieldName.COUNTRY and len(findings) < len(advice.findings):
            text = self.form.draft.country.strip()
            code = None if is_code(text) else countries.find_country(text)
            spec = request_spec_of(replace(self.form.draft, country=code or ""))
            advice = advise_on(self._session, spec)
        return preview(advice)

    def _is_being_typed(self, finding: Finding) -> bool:
        """Return whether a finding is only about the name of a place that is not complete yet.

        Two letters may be a wrong code, such as UK, or the beginning of a name. They are wrong if no letter follows soon.
        """
        if finding.field is not self.form.focused_field:
            return False
        is_paused = monotonic() - self._place_changed >= _PAUSE
        if finding.field is not FieldName.COUNTRY:
            return finding.field in _PLACES and finding.code in _PREMATURE and not is_paused
        text = self.form.draft.country.strip()
        return is_part_of_name(text) and not (is_code(text) and is_paused)

    def _show_renewal(self) -> None:
        """Show the pair that the new pair will replace, and the key that clears the form, in the rule below the form."""
        draft, rule = self.form.draft, self.query_one("#form-rule", TitleLine)
        rule.set_class(bool(draft.renews), "-has-note")
        clear = f"{key_of('clear_form', commands_of(self.app))}: clear form"
        if draft.renews:
            rule.show_title("Will be signed", f"renews {draft.renews} · {clear}", f"renews {draft.renews}")
        else:
            rule.show_title("Will be signed", clear if draft.has_names or any(draft.subject) else "")

    def _show_help(self) -> None:
        note = "Enter: list" if isinstance(self.screen.focused, ChoiceField) else ""
        self.query_one("#help-rule", TitleLine).show_title(FIELD_LABELS[self.form.focused_field.value], note)
        block = self.query_one("#field-help", TextBlock)
        block.show(_whole_sentences(self.help_text(), max(self.size.width - 2, 1), block.size.height))

    def help_text(self) -> str:
        """Return the help for the focused field."""
        draft = self.form.draft
        match self.form.focused_field:
            case FieldName.CA:
                return CA_HELP[CaKind(draft.ca)]
            case FieldName.KEY:
                return KEY_HELP[KeyType(draft.key)]
            case FieldName.COMMON_NAME if not Purpose(draft.purpose).is_for_servers:
                return PURPOSE_HELP[Purpose(draft.purpose)]
            case FieldName.PURPOSE:
                return PURPOSE_HELP[Purpose(draft.purpose)]
            case field:
                return FIELD_HELP[field]


def _whole_sentences(text: str, width: int, height: int) -> list[Line]:
    """Return a text in lines. If it needs more than `height` lines, leave out sentences from its end, but not the first."""
    sentences = re.split(r"(?<=[.:]) (?=[A-Z])", text)
    while len(lines := wrapped(" ".join(sentences), width, "label")) > height > 0 and len(sentences) > 1:
        sentences.pop()
    return lines


def _is_same(finding: Finding, other: Finding) -> bool:
    return (finding.code, finding.field, finding.value) == (other.code, other.field, other.value)
