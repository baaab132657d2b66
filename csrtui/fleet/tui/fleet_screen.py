"""The screen for the pairs of many hosts, with all commands that csrtui runs on other hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import command, plural, visible
from csrtui.core.pairs.pair import NextStep, Stage
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.fleet.tasks.pairs import (
    deliver,
    delivery_results,
    match_certificates,
    not_backed_up,
    not_submitted,
    run_on_pairs,
)
from csrtui.fleet.tasks.verify import unverified, with_recipients
from csrtui.fleet.tui.dialogs import FetchModal, HostBackupModal, HostVerifyModal
from csrtui.fleet.tui.pages import pair_page
from csrtui.fleet.tui.pair_list import FleetListScreen
from csrtui.fleet.tui.rows import count_hosts, describe_pairs, host_groups, pair_label
from csrtui.fleet.tui.work import HostWorkModal, Job, summarize_results
from csrtui.tui.groups import Group
from csrtui.tui.modals.import_and_inspect import ImportModal
from csrtui.tui.modals.questions import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.screen import Screen

    from csrtui.core.base.secret import Secret
    from csrtui.fleet.host_states import HostPair
    from csrtui.fleet.tasks.pairs import Deliveries
    from csrtui.fleet.tasks.results import HostResult
    from csrtui.fleet.tui.dialogs import HostPairsModal
    from csrtui.tasks.import_ import ImportSource
    from csrtui.tasks.parallel import Result
    from csrtui.tui.modals.import_and_inspect import ImportAnswer


class FleetScreen(FleetListScreen):
    """The list of the pairs of many hosts, with the commands on them."""

    _deliveries: Deliveries | None = None

    # The next step

    def action_next_step(self) -> None:
        """Start the next step of the pair under the cursor, or show the command for it on its host."""
        host_pair = self.current
        if host_pair is None:
            self.tell("No pair selected.")
            return
        record = host_pair.pair.record
        step = record.next_step(self._session.clock())
        group = Group(pair_label(host_pair), [host_pair])
        if step is NextStep.BACK_UP:
            self._open(HostBackupModal, [group])
        elif step is NextStep.SUBMIT:
            self._open(FetchModal, [group])
        elif step is NextStep.IMPORT:
            self.action_import()
        elif step is NextStep.INSTALL:
            self._ask_install((host_pair,))
        elif step is NextStep.RENEW:
            self._ask_renew((host_pair,))
        elif record.needs_revocation(self._session.clock()):
            self.tell(f"{pair_label(host_pair)}: to revoke it, run csrtui retire --compromised on its host")
        else:
            self.tell(f"{pair_label(host_pair)}: nothing to do")

    # Dialogs for groups of pairs

    def action_back_up(self) -> None:
        """Ask for pairs, folder and recipients, then back the pairs up on their hosts."""
        groups = self._groups(not_backed_up(self._in_use), "without a backup")
        self._open(HostBackupModal, groups, "No pair to back up.")

    def action_verify(self) -> None:
        """Ask for pairs and the identity, then restore their backups here and record the results on their hosts."""
        current = [self.current] if self.current else []
        groups = host_groups(
            with_recipients(_without_retired(self.marked)),
            with_recipients(_without_retired(current)),
            unverified(self._in_use),
            "with an unverified backup",
        )
        self._open(HostVerifyModal, groups, "No backup to verify with an identity.")

    def action_fetch_csrs(self) -> None:
        """Ask for pairs and folder, then fetch the CSRs."""
        groups = self._groups(not_submitted(self._in_use), "not submitted yet")
        self._open(FetchModal, groups, "No CSR to fetch.")

    def _open(
        self, modal: type[HostPairsModal], groups: Sequence[Group[HostPair]], otherwise: str = ""
    ) -> None:
        """Open a dialog for groups of pairs, then run its job. If there are no groups, show the message `otherwise`."""
        if groups:
            self.app.push_screen(modal(self._session, groups), self._work)
        else:
            self.tell(otherwise)

    # Certificates

    def action_import(self) -> None:
        """Ask for certificates, then send each to the host that has its key."""
        title = "Import certificates: each is sent to the host that has its key"
        self.app.push_screen(ImportModal(self._match, title), self._deliver)

    def _match(self, sources: Sequence[ImportSource], passphrase: Secret | None) -> Sequence[Result]:
        self._deliveries = match_certificates(self._fleet, sources, passphrase)
        return delivery_results(self._deliveries)

    def _deliver(self, answer: ImportAnswer | None) -> None:
        deliveries, self._deliveries = self._deliveries, None
        if answer is not None and deliveries is not None:
            hosts = len(deliveries.by_host)
            title = f"Sending certificates to {plural(hosts, 'host')}"
            after = f"Next: install them with {self.key_of('install')}."
            self._work(Job(title, lambda reach: deliver(reach, deliveries), hosts, after))

    # Renewals

    def action_renew(self) -> None:
        """Ask whether to renew the marked pairs or the pair under the cursor, then make new pairs on their hosts."""
        self._ask_renew(self._chosen)

    def _ask_renew(self, pairs: Sequence[HostPair]) -> None:
        text = (
            "Each host generates a new pair with its own key and CSR. Old pairs stay until you retire them."
        )
        self._ask(pairs, "Renew", "Renewing", text, "renewed", "renew")

    def action_install(self) -> None:
        """Ask whether to install the marked pairs or the pair under the cursor in the folders where they were before."""
        self._ask_install(self._chosen)

    def _ask_install(self, pairs: Sequence[HostPair]) -> None:
        unknown = next((host_pair for host_pair in pairs if host_pair.pair.record.server is None), None)
        if unknown is not None:
            # The platform comes from the host, so it is put into a command only if it is in csrtui's own list.
            platform = unknown.pair.record.platform
            platform = platform if platform in PLATFORMS else "PLATFORM"
            export = command("csrtui", "export", unknown.pair.name, "--for", platform, "--to", "DIR")
            self.tell(f"on {visible(unknown.host)}, the first time: {export}")
            return
        text = "Files in the folder of the last installation are replaced if they contain the old pair's key."
        self._ask(pairs, "Install", "Installing", text, "installed", "export", "--replace")

    def action_retire(self) -> None:
        """Ask whether to retire the marked pairs or the pair under the cursor, then mark them on their hosts."""
        text = (
            "Retired pairs are no longer used. You get no more reminders to renew them. Nothing is deleted."
        )
        self._ask(self._chosen, "Retire", "Retiring", text, "retired", "retire")

    def _ask(
        self, pairs: Sequence[HostPair], verb: str, progress: str, text: str, result: str, *arguments: str
    ) -> None:
        """Ask whether to do the work of a verb on pairs, then run a csrtui command for each pair on its host.

        `result` is the text of a successful result.
        """
        if not pairs:
            self.tell("No pair selected.")
            return
        description = describe_pairs(pairs)
        job = Job(
            f"{progress} {description}",
            lambda reach: run_on_pairs(reach, pairs, result, *arguments),
            count_hosts(pairs),
        )
        ask(self.app, f"{verb} {description}?", text, verb, lambda: self._work(job))

    # Requests

    def action_new_request(self) -> None:
        """Show the form for the hosts of the marked pairs, or for all hosts."""
        from csrtui.fleet.tui.request import FleetRequestScreen

        hosts = ",".join(sorted({host_pair.host for host_pair in self.marked}))
        screen = FleetRequestScreen(self._session, self._reach, hosts)
        self.app.push_screen(screen, lambda _: self._show_results(screen.results))

    # The doctor

    def action_doctor(self) -> None:
        """Run the doctor on every host, and show the findings."""
        from csrtui.fleet.tui.doctor import FleetDoctorScreen

        self.app.push_screen(FleetDoctorScreen(self._reach, self._pair_screen))

    def _pair_screen(self, host: str, name: str) -> Screen[None]:
        for host_pair in self._pairs():
            if (host_pair.host, host_pair.pair.name) == (host, name):
                return pair_page(host_pair, self._session.clock())
        raise InputError(f"{visible(name)} on {visible(host)} has not been read yet")

    # Work

    @property
    def _in_use(self) -> list[HostPair]:
        return _without_retired(self._pairs())

    @property
    def _chosen(self) -> list[HostPair]:
        """The marked pairs in use, or else the pair under the cursor."""
        return _without_retired(self.marked or ([self.current] if self.current else []))

    def _groups(self, needing: Sequence[HostPair], description: str) -> list[Group[HostPair]]:
        current = _without_retired([self.current] if self.current else [])
        return host_groups(_without_retired(self.marked), current, needing, description)

    def _work(self, job: Job | None) -> None:
        if job is not None:
            self.app.push_screen(HostWorkModal(self._reach, job), self._show_results)

    def _show_results(self, results: Sequence[HostResult] | None) -> None:
        if results:
            self.clear_marks()
            self.tell(summarize_results(results))
            self.read_again(result.host for result in results)


def _without_retired(pairs: Sequence[HostPair]) -> list[HostPair]:
    return [host_pair for host_pair in pairs if host_pair.pair.record.stage is not Stage.RETIRED]
