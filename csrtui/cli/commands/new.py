"""``csrtui new NAME …``: a private key and its CSR, together."""

import argparse

from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import add_passphrase_arguments, is_given, read_new_passphrase
from csrtui.cli.request_options import add_subject_arguments, read_asked
from csrtui.cli.results import passphrase_of_new_key, report_made, say_all_but_the_error
from csrtui.cli.session import open_session
from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import Finding
from csrtui.tasks.existing_pairs import pair_exists
from csrtui.tasks.new import Blocking, create_pair
from csrtui.tasks.request_spec import advise_on, asked_for, with_counterparts
from csrtui.tasks.session import Session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="the first is the common name; all are covered"
    )
    add_subject_arguments(parser)
    parser.add_argument(
        "--from", dest="file", metavar="FILE", help="many at once: a CSV file, or - for stdin"
    )
    parser.add_argument("--add-counterpart", action="store_true", help="also cover the www or bare twin")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the pair's name")
    parser.add_argument(
        "--encrypt-key", action="store_true", default=None, help="keep the key under a passphrase"
    )
    add_passphrase_arguments(parser)
    parser.add_argument("--force", action="store_true", help="overrule errors that X.509 could hold")
    parser.add_argument("--json", action="store_true", help="print the pair as JSON")


def _run(options: argparse.Namespace) -> int:
    if options.file is not None:
        return _run_batch(options)
    if not options.names:
        raise InputError("a request needs a name", "csrtui new www.mydomain.com")
    asked = read_asked(options, tuple(options.names))
    session = open_session(options)
    if options.add_counterpart:
        asked = asked._replace(names=with_counterparts(session, asked))
    blocking = Blocking.OVERRULED if options.force else Blocking.STOPS
    advice = asked_for(advise_on(session, asked))
    findings = (*advice.findings, *_pair_exists(session, advice))
    say_all_but_the_error(findings, blocking)
    passphrase = passphrase_of_new_key(options, findings, blocking)
    session.store.sweep()
    pair = create_pair(session, asked, name=options.name, passphrase=passphrase, blocking=blocking)
    report_made(session, pair, options)
    return 0


def _pair_exists(session: Session, advice: Advice) -> tuple[Finding, ...]:
    """Return the finding that there is such a pair, with the command that renews it."""
    finding = pair_exists(session, advice)
    if finding is None or finding.fix is None or finding.fix.renews is None:
        return ()
    from csrtui.core.doctor.remedy import command, csrtui
    from csrtui.store.location import store_to_name

    renew = command(*csrtui("renew", finding.fix.renews)).for_store(store_to_name(session.store.path))
    return (finding._replace(fix=finding.fix._replace(label=f"renew it: {renew.text}")),)


def _run_batch(options: argparse.Namespace) -> int:
    from csrtui.cli.batch import run_batch

    if options.names or options.name is not None:
        raise InputError("--from takes its names from the file", "leave out NAME and --as")
    if options.file == "-" and options.passphrase_fd == 0:
        raise InputError(
            "--from - and --passphrase-fd 0 cannot both read standard input", "use a descriptor from 3 up"
        )
    blocking = Blocking.OVERRULED if options.force else Blocking.STOPS
    session = open_session(options)
    defaults = read_asked(options, ())
    wants_passphrase = options.encrypt_key or is_given(options)
    return run_batch(
        session,
        options.file,
        defaults,
        blocking=blocking,
        passphrase=read_new_passphrase(options) if wants_passphrase else None,
        counterparts=options.add_counterpart,
    )


ACTION = Action(
    'csrtui new www.mydomain.com mydomain.com -O "My Ltd" -L London -C GB\ncsrtui new intranet --ca private',
    _arguments,
    _run,
)
