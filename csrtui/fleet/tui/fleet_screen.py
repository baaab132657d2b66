"""The screen over many hosts: from the list of their pairs everything is done that csrtui does on other hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import command, plural, visible
from csrtui.core.pairs.pair import BackupStatus, NextStep, Stage
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.fleet.tui.pages import pair_page
from csrtui.fleet.tui.pair_list import FleetListScreen
from csrtui.fleet.tui.rows import HostGroup, host_groups, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.screen import Screen

    from csrtui.fleet.model import HostPair
    from csrtui.fleet.tasks.hosts import HostResult, Reach
    from csrtui.fleet.tasks.pairs import Deliveries
    from csrtui.fleet.tui.backup import HostBackupAsked
    from csrtui.fleet.tui.fetch_csrs import FetchAsked
    from csrtui.fleet.tui.work import Job
    from csrtui.tasks.batch import Result
    from csrtui.tasks.import_ import Blob
    from csrtui.tui.screens.importing import ImportAnswer

_UNCONFIRMED = "it has a backup; csrtui verify FILE --identity … confirms it where it can be opened"


class FleetScreen(FleetListScreen):
    """The pairs of many hosts, and what can be done with them."""

    _import_typed = ""
    _deliveries: Deliveries | None = None

    # The next step

    def action_next_step(self) -> None:
        """Take the next step of the pair under the cursor, or say what it is on its host."""
        one = self.current
        if one is None:
            self.tell("there is no pair here")
            return
        record = one.pair.record
        step = record.next_step(self._session.clock())
        group = HostGroup(named(one), (one,))
        if step is NextStep.BACK_UP and record.backup_status is not BackupStatus.UNVERIFIED:
            self._ask_back_up([group])
        elif step is NextStep.BACK_UP:
            self.tell(_UNCONFIRMED)
        elif step is NextStep.SUBMIT:
            self._ask_fetch([group])
        elif step is NextStep.IMPORT:
            self.action_import()
        elif step is NextStep.INSTALL:
            # What the host says of its server software is not put into a command unless csrtui knows it.
            platform = record.platform if record.platform in PLATFORMS else "PLATFORM"
            export = command("csrtui", "export", one.pair.name, "--for", platform, "--to", "DIR")
            self.tell(f"on {visible(one.host)}: {export}")
        elif step is NextStep.RENEW:
            self.tell(f"on {visible(one.host)}: {command('csrtui', 'renew', one.pair.name)}")
        else:
            self.tell(f"{named(one)} needs nothing now")

    # Backups

    def action_back_up(self) -> None:
        """Ask which pairs, where to and for whom, then have them backed up."""
        from csrtui.fleet.tasks.pairs import not_backed_up

        groups = self._groups(not_backed_up(self._in_use), "without a backup")
        if groups:
            self._ask_back_up(groups)
        else:
            self.tell("there is no pair to back up")

    def _ask_back_up(self, groups: Sequence[HostGroup]) -> None:
        from csrtui.fleet.tui.backup import HostBackupScreen

        self.app.push_screen(HostBackupScreen(self._session, groups), self._back_up)

    def _back_up(self, asked: HostBackupAsked | None) -> None:
        from csrtui.fleet.tasks.pairs import back_up
        from csrtui.fleet.tui.work import Job

        if asked is None:
            return

        def work(reach: Reach) -> Iterator[HostResult]:
            return back_up(reach, asked.pairs, asked.folder, asked.recipients)

        title = f"Backing up {HostGroup('', asked.pairs).counted} into {asked.folder}"
        after = "Each backup counts once it was opened where its identity is: csrtui verify FILE --identity …"
        self._work(Job(title, work, _hosts(asked.pairs), after))

    # CSRs

    def action_fetch_csrs(self) -> None:
        """Ask which CSRs and where to, then fetch them."""
        from csrtui.fleet.tasks.pairs import not_submitted

        groups = self._groups(not_submitted(self._in_use), "not submitted yet")
        if groups:
            self._ask_fetch(groups)
        else:
            self.tell("there is no CSR to fetch")

    def _ask_fetch(self, groups: Sequence[HostGroup]) -> None:
        from csrtui.fleet.tui.fetch_csrs import FetchScreen

        self.app.push_screen(FetchScreen(self._session, groups), self._fetch)

    def _fetch(self, asked: FetchAsked | None) -> None:
        from csrtui.fleet.tasks.pairs import fetch_csrs
        from csrtui.fleet.tui.work import Job

        if asked is None:
            return

        def work(reach: Reach) -> Iterator[HostResult]:
            return fetch_csrs(reach, asked.pairs, asked.folder)

        title = f"Fetching {plural(len(asked.pairs), 'CSR')} into {asked.folder}"
        after = "Next: hand them to the CA; what it answers is imported with i."
        self._work(Job(title, work, _hosts(asked.pairs), after))

    # Certificates

    def action_import(self) -> None:
        """Ask for certificates, then hand each to the host that has its key."""
        from csrtui.tui.screens.importing import ImportScreen

        title = "Import certificates: each goes to the host that has its key"
        self.app.push_screen(ImportScreen(self._sorted, title, self._import_typed), self._deliver)

    def _sorted(self, blobs: Sequence[Blob]) -> Sequence[Result]:
        from csrtui.fleet.tasks.pairs import delivery_results, sort_certificates

        self._deliveries = sort_certificates(self._fleet, blobs)
        return delivery_results(self._deliveries)

    def _deliver(self, answer: ImportAnswer | None) -> None:
        from csrtui.fleet.tasks.pairs import deliver
        from csrtui.fleet.tui.work import Job

        deliveries, self._deliveries = self._deliveries, None
        if answer is None:
            return
        self._import_typed = answer.typed
        if answer.results and deliveries is not None:
            hosts = len(deliveries.by_host)
            title = f"Handing certificates to {plural(hosts, 'host')}"

            def work(reach: Reach) -> Iterator[HostResult]:
                return deliver(reach, deliveries)

            self._work(Job(title, work, hosts, "Next: install them on their hosts: csrtui export."))

    # Requests

    def action_new_request(self) -> None:
        """Show the form for one or many hosts: those of the marked pairs, else all."""
        from csrtui.fleet.tui.request import FleetRequestScreen

        hosts = ",".join(sorted({one.host for one in self.marked}))
        screen = FleetRequestScreen(self._session, self._reach, hosts, self._commands)
        self.app.push_screen(screen, lambda _: self._done(screen.results))

    # The doctor

    def action_doctor(self) -> None:
        """Have every host examine its keystore."""
        from csrtui.fleet.tui.examiner import FleetExaminer
        from csrtui.tui.screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen(FleetExaminer(self._reach, self._shown), self._commands))

    def _shown(self, host: str, pair: str) -> Screen[None]:
        for one in self._pairs():
            if (one.host, one.pair.name) == (host, pair):
                return pair_page(one, self._session.clock())
        raise InputError(f"{visible(pair)} on {visible(host)} was not read yet")

    # Work

    @property
    def _in_use(self) -> list[HostPair]:
        return [one for one in self._pairs() if one.pair.record.stage is not Stage.RETIRED]

    def _groups(self, needy: Sequence[HostPair], what: str) -> list[HostGroup]:
        current = self.current
        if current is not None and current.pair.record.stage is Stage.RETIRED:
            current = None
        marked = [one for one in self.marked if one.pair.record.stage is not Stage.RETIRED]
        return host_groups(marked, current, needy, what)

    def _work(self, job: Job) -> None:
        from csrtui.fleet.tui.work import HostWorkScreen

        self.app.push_screen(HostWorkScreen(self._reach, job), self._done)

    def _done(self, results: Sequence[HostResult] | None) -> None:
        from csrtui.fleet.tui.work import summed_up

        if results:
            self.clear_marks()
            self.tell(summed_up(results))
            self.read_again(one.host for one in results)


def _hosts(pairs: Sequence[HostPair]) -> int:
    return len({one.host for one in pairs})
