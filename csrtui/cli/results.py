"""Print the results of commands: of several pairs or files, and of making a pair."""

import argparse
from collections.abc import Sequence

from csrtui.cli.output import put, put_json, say, say_error, say_finding
from csrtui.cli.passphrase_options import is_given, read_new_passphrase
from csrtui.core.base.errors import RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Finding
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import describe
from csrtui.tasks.batch import Result, all_ok
from csrtui.tasks.list import Keyring
from csrtui.tasks.new import Blocking, stops
from csrtui.tasks.pair_text import NEXT_STEPS, key_label
from csrtui.tasks.session import Session


def unreadable_results(found: Keyring, what: str) -> list[Result]:
    """Return a failure for each pair that cannot be read; `what` is what therefore was not done with it."""
    return [
        Result(ok=False, pair=problem.name, text=f"{what}: {problem.error.what}")
        for problem in found.problems
    ]


def put_results(results: Sequence[Result], *, as_json: bool) -> int:
    """Print a line for each result, or one JSON document; return the exit status: 1 if any is not ok."""
    ok = all_ok(results)
    if as_json:
        put_json({"schema": 1, "ok": ok, "results": [result.as_json() for result in results]})
    else:
        for result in results:
            put(_line(result))
    return 0 if ok else 1


def put_refusal(
    error: RefusedError, *, as_json: bool, pair: str | None = None, file: str | None = None
) -> int:
    """Answer with JSON where the one thing that was asked for is refused, and say why; return the exit status.

    Args:
        error: Why.
        as_json: Whether there is to be a document.
        pair: The pair that was meant, where the error does not name one of the keystore.
        file: The file that was meant.

    Raises:
        RefusedError: There is to be no document: the error is the answer.
    """
    if not as_json:
        raise error
    say_error(error)
    refused = Result(ok=False, pair=error.pair or pair, file=file, text=visible(error.what))
    return put_results([refused], as_json=True)


def _line(result: Result) -> str:
    parts = ("ok" if result.ok else "FAILED", result.pair, result.file, result.text)
    return "  ".join(part for part in parts if part)


def say_all_but_the_error(findings: tuple[Finding, ...], blocking: Blocking) -> None:
    """Say everything but the first finding that stops it, which will be the error itself."""
    error = next((finding for finding in findings if stops(finding, blocking)), None)
    for finding in findings:
        if finding is not error:
            overruled = finding.blocks and not stops(finding, blocking)
            say_finding("overruled" if overruled else finding.level.value, finding)


def passphrase_of_new_key(
    options: argparse.Namespace, findings: tuple[Finding, ...], blocking: Blocking, *, encrypted: bool = False
) -> Secret | None:
    """Return the passphrase that the key comes under, or None; ask only when nothing stands in the way any more.

    Args:
        options: The command's.
        findings: On what is to be made.
        blocking: What errors among them do.
        encrypted: What holds where the options say neither ``--encrypt-key`` nor a passphrase.

    Raises:
        InputError: It cannot be read, or there is no terminal to ask on, or the two do not agree.
    """
    wanted = options.encrypt_key
    if wanted is None:
        wanted = is_given(options) or encrypted
    if not wanted or any(stops(finding, blocking) for finding in findings):
        return None
    return read_new_passphrase(options)


def report_made(session: Session, pair: Pair, options: argparse.Namespace) -> None:
    """Say what was made, under which name, and what is next; print the name, or with ``--json`` the pair."""
    now = session.clock()
    if options.json:
        put_json(describe(pair, now))
    else:
        put(pair.name)
    if options.name is not None and options.name != pair.name:
        say(f"note: the name {options.name} is taken; this pair is {pair.name}")
    renews = f", to renew {pair.record.renews}" if pair.record.renews else ""
    say(f"made {pair.name}: {key_label(pair.record.key.type)} key and CSR in {pair.path}{renews}")
    say(f"next: {NEXT_STEPS[pair.record.next_step(now)]}")
