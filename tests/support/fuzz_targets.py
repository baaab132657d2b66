"""Everything that reads data from other people, as functions of bytes, for the fuzzer and the saved corpus.

A target returns or raises an error. `try_on` checks that only csrtui's own errors are raised,
within a second of the processor and 200 MB.
"""

from __future__ import annotations

import io
import json
import os
import resource
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from threading import Event
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from csrtui.cli.new_pairs_table import read_row, read_table
from csrtui.core import bundle
from csrtui.core.advice.advisor import advise, describe_coverage
from csrtui.core.advice.key_rules import check_csr, check_public_key
from csrtui.core.backups import age, backup_file, confirmation, recipients
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Finding, Purpose
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import prefill, read_certificates
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.comparison import differences, flaws
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.config.edit import with_profile, without_profile
from csrtui.core.config.settings import Profile, parse_config
from csrtui.core.doctor.file_checks import check_pair_files
from csrtui.core.doctor.finding import FileFacts, FileKind
from csrtui.core.doctor.pair_checks import check_contents, record_of
from csrtui.core.keys import kdf_limits, pkcs8, signing
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.name import read_name
from csrtui.core.names.pasted_text import split_names
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.core.pairs.list_exports import MAX_LINE_OCTETS, calendar_chunks
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import dump_record, load_record, pair_document
from csrtui.core.pairs.pair_name import pair_name
from csrtui.core.pairs.query import SortOrder, sort_key
from csrtui.core.pairs.summary import summarize
from csrtui.core.subject import countries, distinguished_name
from csrtui.core.subject.fields import SubjectFields, SubjectInput
from csrtui.store import summary_reader
from csrtui.store.line_reader import LineReader
from csrtui.store.package_data import read_public_suffix_list
from csrtui.tasks.draft import Draft, dump_draft, load_draft
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.user_keymap import apply_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

SECONDS: Final = 1.0
"""Seconds of processor time for one input."""
MEGABYTES: Final = 200
"""The growth of memory for one input."""
NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
PASSPHRASE: Final = Secret("correct horse battery staple")
PART: Final = b"\n=====\n"
"""The separator in an input for several files or fields."""
_ROUNDS: Final = 2_000
"""The cost limit for a fuzzed key. Other tests cover the real limit, which takes a second."""
_ROWS: Final = 50
_FIXES: Final = 4


class LimitError(AssertionError):
    """An input cost too much time or memory."""


@dataclass(frozen=True, slots=True)
class Target:
    """A function that reads data from other people.

    Attributes:
        name: A short name, also for its corpus.
        run: The function that reads the bytes.
    """

    name: str
    run: Callable[[bytes], None]


def try_on(target: Target, data: bytes, seconds: float = SECONDS) -> None:
    """Let a target read an input.

    Args:
        target: The target.
        data: The input.
        seconds: The limit of processor time.

    Raises:
        LimitError: The target took too much time or memory.
        AssertionError: The target raised an error that is not csrtui's.
    """
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        target.run(data)
    except CsrtuiError as error:
        visible(error.message).encode()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a Rust library is not an Exception
        raise AssertionError(f"{target.name}: {type(error).__name__}: {error}") from error
    taken = time.process_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if taken > seconds or grown > MEGABYTES:
        raise LimitError(f"{target.name}: {taken:.1f} s, {grown:.0f} MB for {len(data)} bytes")


# Data from a CA or from other programs


def _request(data: bytes) -> None:
    asked = csr.read_der(data) if data[:1] == b"0" else csr.read_pem(data)
    _is_shown_safely(asked.subject_text)
    csr.has_valid_signature(asked.der)
    check_public_key(csr.public_key(asked.der), CaKind.PUBLIC)
    check_csr(asked, CaKind.PUBLIC)
    pair_name(asked.subject.common_name or "a")


def _existing(data: bytes) -> None:
    for ca in CaKind:
        found = prefill.read_prefill(data, ca)
        _is_shown_safely("".join(found.omissions))
        advise(found.names, found.subject, ca=ca, key_type=KeyType.EC_P256, suffixes=_suffixes())


def _certificates(data: bytes) -> None:
    found = read_certificates(data)
    for leaf in found[:10]:
        chain = build_chain(leaf, found, NOW)
        status = validate_chain(chain, NOW)
        text = [status.text, *(one.text for one in differences(_asked(), leaf))]
        text += [one.text for one in flaws(chain, status, CaKind.PUBLIC, NOW)]
        _is_shown_safely("".join([*text, leaf.subject_text, leaf.issuer_text, leaf.display_name]))
    assert [one.der for one in read_certificates(to_pem(found))] == [one.der for one in found]


def _bundle(data: bytes) -> None:
    for passphrase in (None, PASSPHRASE):
        with _cheap_keys():
            found = bundle.read(data, passphrase)
        _is_shown_safely("".join(one.sentence for one in found.problems))
        assert not (found.keys and not found.has_private_key)
        for one in found.keys[:5]:
            check_public_key(one.key.public_key(), CaKind.PUBLIC)
            signing.verify(one.key.public_key(), signing.sign(one.key, b"message"), b"message")
        for certificate in found.certificates[:20]:
            _is_shown_safely("".join((*certificate.encoding_faults, certificate.display_name)))


def _pkcs8(data: bytes) -> None:
    with _cheap_keys():
        der = pkcs8.to_der(data) if data[:1] == b"-" else data
        decryptor = pkcs8.BatchDecryptor(PASSPHRASE)
        with suppress(CsrtuiError):
            decryptor.decrypt(der)
        decryptor.decrypt(der)


def _backup(data: bytes) -> None:
    for envelope in backup_file.Envelope:
        try:
            found = backup_file.parse(data, envelope)
        except CsrtuiError:
            continue
        if envelope is backup_file.Envelope.KEY_BLOCK:
            _pkcs8(found.key)


def _age(data: bytes) -> None:
    identity, _, file = data.partition(PART)
    age.decrypt(file, identity)


def _confirmation(data: bytes) -> None:
    confirmation.check(*confirmation.read(_text(data)), csr.public_key(_asked().der))


def _recipients(data: bytes) -> None:
    for one in recipients.read_recipients(_text(data)):
        _is_shown_safely(one.label)


# Typed data, and files of csrtui


def _rows(data: bytes) -> None:
    default = RequestSpec((), SubjectInput(), CaKind.PUBLIC, "other", KeyType.EC_P256)
    for count, row in enumerate(read_table(LineReader(io.BytesIO(data), "rows", Event()))):
        if row is None or count == _ROWS:
            return
        if isinstance(row, CsrtuiError):
            continue
        try:
            asked = read_row(row, default)
        except CsrtuiError:
            continue
        advise(
            asked.names, asked.subject, ca=asked.ca, key_type=asked.effective_key_type, suffixes=_suffixes()
        )


def _names(data: bytes) -> None:
    _judge(split_names(_text(data)), SubjectInput())


def _subject(data: bytes) -> None:
    parts = [_text(part) for part in (*data.split(PART), *[b""] * 6)]
    _judge(parts[5:6], SubjectInput(*parts[:5]))


def _judge(names: Sequence[str], subject: SubjectInput) -> None:
    """Ask for advice and follow it: every fix gives names that can be checked, and safe fixes come to an end."""
    ca = tuple(CaKind)[len(names) % 2]
    advice = advise(names, subject, ca=ca, key_type=KeyType.EC_P256, suffixes=_suffixes())
    for name in advice.names:
        assert read_name(name.text or "").text == name.text
        describe_coverage(name)
    for finding in advice.findings:
        _is_shown_safely(finding.text)
    for finding in [one for one in advice.findings if one.fix][: _FIXES if len(names) <= _ROWS else 1]:
        _advise_fixed(names, subject, finding, ca)
    if advice.names and advice.forceable and len(advice.covered_names) <= _ROWS:
        _is_written(advice.subject, advice.covered_names)


def _advise_fixed(names: Sequence[str], subject: SubjectInput, finding: Finding, ca: CaKind) -> None:
    """Assert that a finding does not return after its own fix."""
    if (fix := finding.fix) is None:
        return
    fields = subject._asdict()
    if fix.value is not None:
        fields[finding.field.value] = fix.value
    fixed = fix.names if fix.names is not None else tuple(names)
    again = advise(
        fixed,
        SubjectInput(**fields),
        ca=fix.ca or ca,
        key_type=KeyType.EC_P256,
        suffixes=_suffixes(),
        purpose=fix.purpose or Purpose.SERVER,
    )
    asked = {(one.code, one.field, one.fix) for one in again.findings}
    assert (finding.code, finding.field, fix) not in asked, finding


def _is_written(subject: SubjectFields, names: Sequence[str]) -> None:
    """Assert that the values that can be written into a CSR can be read back."""
    written = csr.preview(subject, names)
    assert written.subject == subject
    assert written.names == tuple(names)


def _country(data: bytes) -> None:
    text = _text(data)
    countries.search(text)
    code = countries.find_country(text)
    assert code is None or countries.name_of(code)


def _distinguished_name(data: bytes) -> None:
    texts = [_text(part)[:60] or None for part in (*data.split(PART), *[b""] * 6)]
    subject = SubjectFields(texts[0], texts[1], texts[2], None, texts[3], texts[4])
    try:
        name = distinguished_name.encode(subject)
    except ValueError:  # lone surrogates, which the advice refuses first
        return
    assert distinguished_name.decode(name) == subject
    _is_shown_safely(distinguished_name.rfc4514(name))


def _config(data: bytes) -> None:
    text = _text(data)
    found = parse_config(text, "c.toml")
    apply_keys(found.keys)
    profile = Profile(organization="Example", country="GB")
    changed = with_profile(text, "c.toml", "new one", profile)
    assert parse_config(changed, "c.toml").profiles["new one"] == profile
    for name in list(found.profiles)[:2]:
        assert name not in parse_config(without_profile(text, "c.toml", name), "c.toml").profiles


def _draft(data: bytes) -> None:
    draft = load_draft(data)
    assert load_draft(dump_draft(draft)) == draft
    typed = (draft.common_name, *split_names(draft.names))
    advise(typed, _typed(draft), ca=CaKind(draft.ca), key_type=KeyType(draft.key), suffixes=_suffixes())


def _typed(draft: Draft) -> SubjectInput:
    return SubjectInput(
        draft.organization, draft.organizational_unit, draft.country, draft.state, draft.locality
    )


def _record(data: bytes) -> None:
    record = load_record(data)
    assert dump_record(load_record(dump_record(record))) == dump_record(record)
    pair = Pair("a.com", "/store/pairs/a.com", record)
    json.dumps(pair_document(pair, NOW))
    for order in SortOrder:
        sort_key(order, NOW)(summarize(pair))
    calendar = b"".join(calendar_chunks([pair], "host", NOW, lambda *words: " ".join(words))).decode()
    assert calendar.endswith("END:VCALENDAR\r\n")
    lines = calendar[:-2].split("\r\n")
    assert all(line.isprintable() and len(line.encode()) <= MAX_LINE_OCTETS for line in lines)
    assert calendar.count("BEGIN:VEVENT") == sum(line == "BEGIN:VEVENT" for line in lines) in {0, 2}


def _pair_folder(data: bytes) -> None:
    names = ("pair.json", "request.pem", "key.pem", "certificate.pem")
    entries = tuple(
        FileFacts(f"/s/pairs/a.com/{name}", FileKind.FILE, 0o600, 0, data=part)
        for name, part in zip(names, data.split(PART), strict=False)
    )
    folder = FileFacts("/s/pairs/a.com", FileKind.FOLDER, 0o700, 0, entries=entries)
    found = (*check_pair_files(folder, 0), *check_contents(folder, record_of(folder), {}, NOW).findings)
    for finding in found:
        _is_shown_safely(finding.text)


def _summary_cache(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=_quick_folder()) as store:
        path = os.path.join(store, summary_reader.FILE)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o600)
        store_fd = os.open(store, os.O_RDONLY | os.O_DIRECTORY)
        try:
            cache = summary_reader.SummaryCache(store)
            entries = cache.load(store_fd)
            cache.save(store_fd, entries, entries)
        finally:
            os.close(store_fd)


# Helpers


def _is_shown_safely(text: str) -> None:
    assert text.isprintable(), ascii(text)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


@cache
def _suffixes() -> SuffixList:
    return SuffixList.parse(read_public_suffix_list())


@cache
def _asked() -> csr.Request:
    return csr.preview(SubjectFields(common_name="a.com"), ["a.com", "b.com"])


@cache
def _quick_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _cheap_keys() -> AbstractContextManager[object]:
    return patch.multiple(kdf_limits, MAX_ITERATIONS=_ROUNDS, MAX_HASH_ITERATIONS=_ROUNDS, MAX_MEMORY=1 << 20)


TARGETS: Final = tuple(
    Target(run.__name__.removeprefix("_").replace("_", "-"), run)
    for run in (
        _request, _existing, _certificates, _bundle, _pkcs8, _backup, _age, _confirmation, _recipients, _rows,
        _names, _subject, _country, _distinguished_name, _config, _draft, _record, _pair_folder, _summary_cache,
    )
)  # fmt: skip
"""All of them."""
