"""Run a csrtui command for each of many pairs on their hosts: renew, retire, install, mark as submitted."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from csrtui.core.pairs.pair import NextStep
from csrtui.fleet.host_answer import Failure, HostAnswer, Reason, create_failure, failure_of
from csrtui.fleet.model import HostPair
from csrtui.fleet.tasks.results import HostResult
from csrtui.fleet.tasks.run_on_hosts import Reach, run_on_each, shell_call
from csrtui.tasks.session import Session

PAIRS_IN_ROUND = 20
"""The number of commands for a host in one run: each takes a fraction of a second, and the host has 30 seconds."""
_END = re.compile(r"# ([0-9]{1,4}) ([0-9]{1,3})")
"""The line after the output of each command: its number and exit status."""


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command on a host, and its exit status."""

    text: str
    status: int


def with_next_step(session: Session, pairs: Iterable[HostPair], step: NextStep) -> list[HostPair]:
    """Return the pairs that have this next step."""
    now = session.clock()
    return [pair for pair in pairs if pair.pair.record.next_step(now) is step]


def run_on_pairs(
    reach: Reach, pairs: Sequence[HostPair], text: str, command: str, *options: str
) -> Iterator[HostResult]:
    """Run a csrtui command for each pair on its host, and yield a result for each pair.

    Args:
        text: The text of a successful result.
        command: The name of the command, whose argument is the name of a pair.
        options: The options of the command.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    commands = [(pair, errors_of_call(command, *options, "--", pair.pair.name)) for pair in pairs]
    for pair, output in run_in_rounds(reach, commands, PAIRS_IN_ROUND):
        yield pair_result(pair, output, text)


def errors_of_call(command: str, *arguments: str) -> str:
    """Return a call of csrtui for the shell on a host that prints the messages instead of the data."""
    return f"{shell_call(command, *arguments)} 2>&1 >/dev/null"


def pair_result(pair: HostPair, output: Output | Failure, text: str) -> HostResult:
    """Return the result of a call of `errors_of_call` for a pair. Only a failure uses the text of the host."""
    if isinstance(output, Failure):
        return HostResult.failed(pair.host, output, pair.pair.name)
    if output.status != 0:
        answer = HostAnswer(pair.host, "failed", {"rc": output.status, "stderr": output.text})
        return HostResult.failed(pair.host, failure_of(answer), pair.pair.name)
    return HostResult(pair.host, text, pair.pair.name)


def run_in_rounds(
    reach: Reach, commands: Sequence[tuple[HostPair, str]], size: int
) -> Iterator[tuple[HostPair, Output | Failure]]:
    """Run a command for each pair on its host, and yield each pair and its output. A round has `size` pairs per host."""
    by_host: dict[str, list[tuple[HostPair, str]]] = defaultdict(list)
    for pair, command in commands:
        by_host[pair.host].append((pair, command))
    pending = {host: iter(host_commands) for host, host_commands in by_host.items()}
    while not reach.stop.is_set():
        batches = {host: batch for host, rest in pending.items() if (batch := list(islice(rest, size)))}
        if not batches:
            return
        calls = {host: _numbered(command for _, command in batch) for host, batch in batches.items()}
        for answer in run_on_each(reach, calls):
            outputs = _outputs(answer)
            for number, (pair, _) in enumerate(batches[answer.host]):
                yield pair, outputs.get(number) or _missing(answer)


def _numbered(commands: Iterable[str]) -> str:
    """Return a shell script that runs commands and prints a line after each, with its number and exit status."""
    return " ".join(f'{command}; echo "# {number} $?";' for number, command in enumerate(commands)) + " :"


def _outputs(answer: HostAnswer) -> Mapping[int, Output]:
    """Return the outputs of the commands of `_numbered` by their numbers."""
    outputs, lines = {}, []
    for line in answer.text("stdout").splitlines():
        end = _END.fullmatch(line)
        if end is None:
            lines.append(line)
        else:
            outputs[int(end[1])] = Output("\n".join(lines), int(end[2]))
            lines = []
    return outputs


def _missing(answer: HostAnswer) -> Failure:
    if answer.outcome != "ok":
        return failure_of(answer)
    return create_failure(answer.host, Reason.UNEXPECTED, "the host did not answer about this pair")
