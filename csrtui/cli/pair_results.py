"""Print the results of commands that work on pairs or files, and of commands that create a pair."""

import argparse
import os
from typing import TYPE_CHECKING, cast

from csrtui.cli.options import has_passphrase_option, read_new_passphrase
from csrtui.cli.output import name_store, print_error, print_finding, print_json, print_line, print_message
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import names_file, visible
from csrtui.core.base.finding import Finding, merge_same_reasons
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import pair_document
from csrtui.tasks.new import is_blocking
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tasks.list import PairList
    from csrtui.tasks.parallel import Result


def unreadable_results(pair_list: "PairList", failure_label: str) -> "list[Result]":
    """Return a failed result for each unreadable pair; its text begins with a label such as ``not backed up``."""
    from csrtui.tasks.parallel import Result

    return [
        Result(ok=False, pair=problem.name, text=f"{failure_label}: {problem.error.message}")
        for problem in pair_list.problems
    ]


def print_results(results: "Sequence[Result]", *, as_json: bool) -> int:
    """Print one line per result, or one JSON document, and return the exit status: 1 if any result failed."""
    from dataclasses import replace  # slow to import, and not needed to create a pair

    ok = all(result.ok for result in results)
    results = [replace(result, text=name_store(result.text)) for result in results]
    if as_json:
        print_json({"schema": 1, "ok": ok, "results": [result.as_json() for result in results]})
    else:
        for result in results:
            file = "" if names_file(result.text, result.file or "") else result.file
            parts = ("ok" if result.ok else "FAILED", result.pair, file, result.text)
            print_line("  ".join(part for part in parts if part))
    return 0 if ok else 1


def print_refusal(options: argparse.Namespace, error: CsrtuiError) -> int:
    """Print an error as a message and as the JSON of a failed result, and return the exit status.

    The result names the pair and the file in the options, if there is only one of each.
    """
    print_error(error)
    from csrtui.tasks.parallel import Result

    pairs = getattr(options, "pairs", None) or [getattr(options, "pair", None)]
    files = getattr(options, "files", None) or [
        getattr(options, "file", None) or getattr(options, "key", None)
    ]
    pair = getattr(error, "pair", None) or (pairs[0] if len(pairs) == 1 else None)
    file = files[0] if len(files) == 1 and files[0] != "-" else None
    print_results([Result(ok=False, pair=pair, file=file, text=visible(error.message))], as_json=True)
    return error.exit_code


def print_other_findings(findings: tuple[Finding, ...], *, force: bool) -> None:
    """Print all findings except the first blocking one, which the command reports as its error."""
    error = next((finding for finding in findings if is_blocking(finding, force=force)), None)
    for finding in merge_same_reasons(finding for finding in findings if finding is not error):
        is_overruled = finding.blocks and not is_blocking(finding, force=force)
        print_finding("overruled" if is_overruled else finding.level.value, finding)


def read_new_key_passphrase(
    options: argparse.Namespace, findings: tuple[Finding, ...], *, encrypted: bool = False
) -> Secret | None:
    """Return the passphrase for a new key, or None if the key is not encrypted or a finding blocks the request.

    Args:
        encrypted: Whether the key is encrypted by default, without ``--encrypt-key`` and passphrase options.

    Raises:
        InputError: The passphrase cannot be read, there is no terminal for the prompt, or the two entries differ.
    """
    is_encrypted = options.encrypt_key
    if is_encrypted is None:
        is_encrypted = has_passphrase_option(options) or encrypted
    if not is_encrypted or any(is_blocking(finding, force=options.force) for finding in findings):
        return None
    return read_new_passphrase(options)


def created_pair_document(session: Session, pair: Pair, *, has_old_key: bool = False) -> dict[str, object]:
    """Return the JSON document of a created pair.

    If a dry run did not create it, its files and hashes are None, except the hash of a key that exists (`has_old_key`).
    """
    document = pair_document(pair, session.clock())
    if not session.is_dry_run or os.path.lexists(pair.path):
        return document
    spki_sha256 = pair.record.key.spki_sha256 if has_old_key else None
    return {
        **document,
        "key": {**cast("dict[str, object]", document["key"]), "spki_sha256": spki_sha256},
        "request": {**cast("dict[str, object]", document["request"]), "sha256": None},
        "files": {"key": None, "request": None, "certificate": None},
    }


def print_created_pair(session: Session, pair: Pair, options: argparse.Namespace) -> None:
    """Print the name or the JSON of a new pair on stdout, and its details and the next step on stderr."""
    now = session.clock()
    if options.json:
        has_old_key = getattr(options, "key_file", None) or getattr(options, "same_key", False)
        print_json(created_pair_document(session, pair, has_old_key=bool(has_old_key)))
    else:
        print_line(pair.name)
    if options.name is not None and options.name != pair.name:
        print_message(f"note: the name {options.name} is taken; this pair is {pair.name}")
    renews = f", to renew {pair.record.renews}" if pair.record.renews else ""
    made = "would make" if session.is_dry_run else "made"
    print_message(
        f"{made} {pair.name}: {label_of_name(pair.record.key.type)} key and CSR in {pair.path}{renews}"
    )
    if not session.is_dry_run:
        print_message(f"next: {NEXT_STEPS[pair.record.next_step(now)]}")
