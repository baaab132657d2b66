"""The commands on the main screen that generate pairs from the request form."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import plural
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tui.screens.form_screen import FormScreen
from csrtui.tui.screens.pairs_screen import PairsScreen
from csrtui.tui.threads import in_thread, run_in_thread

if TYPE_CHECKING:
    from csrtui.core.base.finding import Finding
    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.draft import Draft
    from csrtui.tasks.form_prefill import PrefilledForm
    from csrtui.tasks.request_spec import RequestSpec
    from csrtui.tui.modals.request_form_dialogs import KeyOptions

_REFUSED = "Generate even though a CA will refuse it?"
_SHOWN_WARNINGS = 2
"""The number of warnings that the question before generating shows in full."""


class RequestScreen(FormScreen, PairsScreen):
    """A screen with a `RequestPane` that can generate pairs."""

    _is_generating = False
    _passphrase: Secret | None = None
    """The passphrase of the next key. It is in memory only as long as the form has one for this key."""
    _is_of_old_key = False
    """Whether it is the passphrase of the key of the renewed pair, which the next pair keeps."""
    _generated_draft: Draft | None = None
    """The form as it was when generation last started, or None before that."""

    def show_request(self) -> None:
        """Show and focus the form."""
        raise NotImplementedError

    def show_keystore(self) -> None:
        """Show and focus the list of pairs."""
        raise NotImplementedError

    def leave(self, *, loses_text: bool = False) -> None:
        """Quit. Ask first if the form contains names, or if typed text would be lost."""
        if self._is_generating:
            self.tell("A pair is being generated. Wait a moment.")
            return
        sentences = ["What you typed in the dialog will be lost."] if loses_text else []
        if self.request.form.draft.has_names:
            try:
                self.save_draft()
            except StoreError as error:
                consequence = f"The form will be lost: {error.message}."
            else:
                consequence = "The form is saved and restored at the next start."
                if self.request.form.draft.has_passphrase:
                    consequence = consequence[:-1] + ", but not the passphrase. Type it again then."
            sentences += ["This request has not been generated.", consequence]
        if not sentences:
            self._leave()
            return
        from csrtui.tui.modals.questions import ask

        ask(self.app, "Quit csrtui?", " ".join(sentences), "Quit", self._leave)

    def _leave(self) -> None:
        try:
            self.save_draft()
        except StoreError as error:
            # Quit even if the form cannot be saved: the user must always be able to leave.
            self.app.exit(message=f"csrtui: error: {error.message}", return_code=error.exit_code)
            return
        self.app.exit(return_code=0)

    def fill_form(self, start: PrefilledForm, renews: str, passphrase: Secret | None = None) -> None:
        """Show the form, filled in for a pair that will renew another pair, with a new key or with the same one."""
        is_same_key = start.draft.same_key
        self.show_request()
        self._passphrase, self._is_of_old_key = passphrase, is_same_key
        self.request.renew(start, renews)
        self.show_options()
        key = "the key stays the same; the names can change" if is_same_key else "a new key will be generated"
        self.tell(f"filled in; {key}   ctrl+z undoes it")

    def action_fix(self) -> None:
        """Apply the fix of the current finding. If the fix is to renew a pair, show the ways to renew it."""
        name = self.request.pair_to_renew
        if name is None:
            super().action_fix()
        else:
            self.renew_pair(name)

    def action_key_options(self) -> None:
        """Set the pair's name, the passphrase of its key and additional subject attributes."""
        from csrtui.tui.modals.request_form_dialogs import KeyOptionsModal

        options = self._options
        modal = KeyOptionsModal(options, offers_same_key=self._can_keep_key_of(options.draft.renews))
        self.app.push_screen(modal, self._set_options)

    @property
    def _options(self) -> KeyOptions:
        from csrtui.tui.modals.request_form_dialogs import KeyOptions

        draft = self.request.form.draft
        return KeyOptions(draft, self._passphrase_for(draft))

    def _passphrase_for(self, draft: Draft) -> Secret | None:
        """Return the passphrase of the key that a form describes. Discard it if the form has none, or one of another key."""
        if not draft.has_passphrase or draft.same_key is not self._is_of_old_key:
            self._passphrase = None
        return self._passphrase

    def _set_options(self, options: KeyOptions | None) -> None:
        if options is not None:
            self.clear_message()  # it may say that a new key will be generated
            self._passphrase, self._is_of_old_key = options.passphrase, options.draft.same_key
            # The form is another one if its pair was generated while the dialog was open.
            self.request.form.replace(options.applied_to(self.request.form.draft))
            self.show_options()

    def _can_keep_key_of(self, renews: str) -> bool:
        """Return whether a pair is renewed whose key is not compromised."""
        from csrtui.tasks.list import Pairs

        with suppress(CsrtuiError):  # generating reports why the pair cannot be read
            return bool(renews) and not any(
                pair.record.compromised for pair in Pairs(self._session, [renews])
            )
        return True

    def show_options(self) -> None:
        """Show in the form the key that opens its second page, and the options that are set there."""
        draft = self.request.form.draft
        self._passphrase_for(draft)
        key, profiles = f"{self.key_of('key_options')}: ", f"{self.key_of('profiles')}: profiles · "
        if draft.has_passphrase or draft.pair_name or draft.same_key or draft.attributes:
            notes = [f"{profiles}{key}{self._options.summary}", f"{key}{self._options.summary}"]
        else:
            choices = "key, passphrase, name" if draft.renews else "passphrase, pair's name"
            notes = [f"{profiles}{key}{choices}", f"{profiles}{key}more fields"]
        self.request.form.show_options(*notes, f"{key}more fields")

    # Generate

    async def action_generate(self) -> None:
        """Generate the pair that the form describes."""
        if self._is_generating:
            self.tell("A pair is being generated. Wait a moment.")
        else:
            await self.start(self._generate())

    async def _generate(self) -> None:
        """Generate the pair. Ask first about errors that can be overridden, or once about all warnings."""
        from csrtui.core.advice.advisor import MISSING_COMMON_NAME
        from csrtui.core.base.finding import Level, merge_same_reasons

        self.request.form.convert_country_name()
        advice, spec = self.request.advice, self.request.request_spec
        errors = advice.errors or (() if advice.subject.common_name else (MISSING_COMMON_NAME,))
        findings = merge_same_reasons(advice.findings)
        warnings = [finding for finding in findings if finding.level is Level.WARNING]
        if errors:
            self._point_to(errors[0])
            if not (advice.errors and advice.forceable):
                self.tell(f"not generated: {errors[0].text}")
                return
            if not await self._is_confirmed(_REFUSED, errors[0].text):
                return
        elif warnings:
            more = f" And {len(warnings) - _SHOWN_WARNINGS} more." if len(warnings) > _SHOWN_WARNINGS else ""
            text = " ".join(finding.text for finding in warnings[:_SHOWN_WARNINGS]) + more
            title = f"Generate with {plural(len(warnings), 'open warning')}?"
            if not await self._is_confirmed(title, text, "Back to the form"):
                self._point_to(warnings[0])
                return
        title = "Generate a key without a passphrase?"
        if (reason := self._passphrase_reason()) and not await self._is_confirmed(
            title, reason, "Set passphrase"
        ):
            self.action_key_options()
            return
        is_same_key = self.request.form.draft.same_key
        weakness = await in_thread(self._find_weakness_of_old_key) if is_same_key else ""
        if weakness and not await self._is_confirmed(_REFUSED, weakness):
            return
        await self._create(spec, force=bool(errors or weakness))

    def _find_weakness_of_old_key(self) -> str:
        """Return why a CA will refuse the key of the renewed pair, which the new pair keeps, or "". Called in a thread."""
        from csrtui.tasks.renew import plan_renewal, prove_old_key

        draft, passphrase = self._options
        with suppress(CsrtuiError):  # generating reports why the key cannot be used
            renewal = plan_renewal(self._session, draft.renews)
            _, findings = prove_old_key(self._session, renewal, passphrase, force=True)
            return next((it.text for it in (*renewal.old_findings, *findings) if it.blocks), "")
        return ""

    def _point_to(self, finding: Finding) -> None:
        self.show_request()
        self.request.point_to(finding)

    async def _is_confirmed(self, title: str, text: str, no: str = "Cancel") -> bool:
        """Ask whether to generate the pair nevertheless, and return the answer."""
        from csrtui.tui.modals.questions import ConfirmModal

        return await self.app.push_screen_wait(ConfirmModal(title, text, "Generate", no))

    def _passphrase_reason(self) -> str:
        """Return why the new key is expected to have a passphrase, or "" if it has one or needs none."""
        draft = self.request.form.draft
        if self._passphrase_for(draft) or draft.same_key:
            return ""
        if draft.has_passphrase:
            return "You set a passphrase, but it was not saved with the form. The new key would have none."
        from csrtui.tasks.list import Pairs

        if draft.renews and any(pair.record.key.encrypted for pair in Pairs(self._session, [draft.renews])):
            return f"The key of {draft.renews} has a passphrase. The new key would have none."
        return ""

    async def _create(self, spec: RequestSpec, *, force: bool) -> None:
        """Create the pair in a thread, and show it."""
        self._is_generating = True
        self._generated_draft = self.request.form.draft
        self.tell(f"generating {spec.effective_key_type.label} key and CSR …")
        options = self._options

        def create() -> Pair:
            from csrtui.tasks.new import create_pair

            draft, passphrase = options
            if draft.renews:
                return self._create_successor(spec, options, force=force)
            name = draft.pair_name or None
            return create_pair(self._session, spec, name=name, passphrase=passphrase, force=force)

        created = await run_in_thread(create)
        self._is_generating = False
        if isinstance(created, CsrtuiError):  # the form stays unchanged
            if isinstance(created, NotConfirmedError):
                self.refresh_pairs(created.saved)
            self.tell_error(created)
        else:
            self._show_created(created)

    def _create_successor(self, spec: RequestSpec, options: KeyOptions, *, force: bool) -> Pair:
        """Check that the pair can still be renewed, then create and return the pair that renews it."""
        from csrtui.tasks.list import read_pair
        from csrtui.tasks.renew import check_renewable, plan_renewal, renew_with_same_key, replace_pair

        draft, passphrase = options
        renews, name = draft.renews, draft.pair_name or None
        try:
            check_renewable(self._session, read_pair(self._session, renews)[0])
        except (InputError, RefusedError) as error:
            hint = "clear both name fields to make a pair that is not a renewal"
            raise RefusedError(error.message, hint) from error
        if not draft.same_key:
            return replace_pair(self._session, renews, spec, name=name, passphrase=passphrase, force=force)
        renewal = replace(plan_renewal(self._session, renews), spec=spec)
        return renew_with_same_key(self._session, renewal, name=name, passphrase=passphrase, force=force)[0]

    def _show_created(self, pair: Pair) -> None:
        """Show the new pair in the keystore. Clear the form, unless the user has changed it in the meantime."""
        from csrtui.tasks.pair_text import NEXT_STEPS

        form = self.request.form
        self.refresh_pairs(pair.name)
        if form.draft == self._generated_draft:
            form.begin_again(form.draft.next_draft())
            self.request.update_soon()
            self.save_draft_soon()
            self.show_keystore()
        self.show_options()
        step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
        renews = pair.record.renews
        content = f"renews {renews}" if renews else "key and CSR"
        self.tell(f"made {pair.name}: {content}. Next: {step}")
