"""The doctor finds each thing that can be wrong, only that, and changes nothing."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest
from broken_stores import BREAKAGES, DAY, NEW, at, unverified
from examined_store import LATER, ExaminedStore, snapshot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests_made import NOW, key_of

from csrtui.core import pkcs8, request
from csrtui.core.doctor.ailment import LEVELS, Code
from csrtui.core.finding import Level
from csrtui.core.keys import KeyType
from csrtui.core.pair import RequestFacts
from csrtui.core.subject import SubjectFields
from csrtui.store import locks, survey
from csrtui.store.keystore import Keystore
from csrtui.tasks.doctor import Examination, is_well

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from csrtui.core.doctor.seen import CopySeen


@pytest.fixture(autouse=True)
def _backups_are_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests have one disk; what says so is tested by itself."""
    look = survey.look_at_copy

    def elsewhere(path: str, store: str) -> CopySeen:
        return replace(look(path, store), with_store="same-disk" in path)

    monkeypatch.setattr(survey, "look_at_copy", elsewhere)


@pytest.fixture
def healthy(tmp_path: Path) -> ExaminedStore:
    return ExaminedStore(tmp_path)


ELSEWHERE = {Code.FOREIGN_OWNER, Code.CREATION_UNDER_WAY}
"""Those that take more than a change of files."""


def test_a_healthy_store_and_one_that_is_not_there_are_well(healthy: ExaminedStore, tmp_path: Path) -> None:
    assert healthy.examine() == ()
    assert Examination(type(healthy.session)(Keystore(str(tmp_path / "none")))).run() == ()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("code", "damage"), BREAKAGES)
def test_each_breakage_is_found_and_nothing_else(
    healthy: ExaminedStore, code: Code, damage: Callable[[ExaminedStore], object]
) -> None:
    damage(healthy)
    found = {ailment.code for ailment in healthy.examine()}
    if code is Code.CERTIFICATE_NOT_YET_VALID:  # no backup may be made in the future either
        found -= {Code.BACKUP_NONE}
    assert found == {code}


def test_every_code_has_its_level_and_its_breakage() -> None:
    assert LEVELS.keys() == set(Code)
    assert {code for code, _ in BREAKAGES} | ELSEWHERE == set(Code)


def test_what_another_user_owns_is_named_with_the_command(
    healthy: ExaminedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "current_user", lambda: os.geteuid() + 1)
    found = healthy.examine()
    assert {ailment.code for ailment in found} == {Code.FOREIGN_OWNER}
    assert {str(healthy.path), str(healthy.pair), str(healthy.pair / "key.pem")} <= {
        one.path for one in found
    }
    assert found[0].remedy == f"chown {os.geteuid() + 1} {healthy.path}"


def test_a_creation_under_way_is_no_leftover(healthy: ExaminedStore) -> None:
    (healthy.path / "pairs" / NEW).mkdir(0o700)
    folder = os.open(healthy.path / ".locks", os.O_RDONLY)
    try:
        with locks.hold(folder, "creating", "the store", locks.Sharing.SHARED):
            found = healthy.examine()
    finally:
        os.close(folder)
    assert [(ailment.code, is_well(found)) for ailment in found] == [(Code.CREATION_UNDER_WAY, True)]


def test_remedies_mend(healthy: ExaminedStore) -> None:
    healthy.pair.chmod(0o755)
    (healthy.pair / "key.pem").chmod(0o644)
    (healthy.pair / ".tmp-\x1b'x").touch()
    (healthy.path / "pairs" / NEW).mkdir(0o700)
    found = healthy.examine()
    assert len(found) == 4
    for ailment in found:
        assert ailment.remedy.isprintable()
        subprocess.run(["bash", "-c", ailment.remedy], check=True)
    assert healthy.examine() == ()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        (
            "key.pem",
            "mv -nT {pair} {aside} && csrtui restore {copy} || {{ mv -nT {aside} {pair} ; false ; }}",
        ),
        (
            "pair.json",
            (
                "mv -nT {pair} {aside} && csrtui adopt --as a.com"
                " --key {aside}/key.pem --csr {aside}/request.pem --cert {aside}/certificate.pem"
                " || {{ mv -nT {aside} {pair} ; false ; }}"
            ),
        ),
    ],
)
def test_what_is_lost_comes_back_from_what_is_there(healthy: ExaminedStore, name: str, remedy: str) -> None:
    (healthy.pair / name).unlink()
    (found,) = healthy.examine()
    assert found.remedy == remedy.format(
        pair=healthy.pair, aside=f"{healthy.path}-a.com.aside", copy=healthy.copy
    )


def test_a_lost_key_without_a_backup_takes_a_new_pair(healthy: ExaminedStore) -> None:
    healthy.change(backups=())
    (healthy.pair / "key.pem").unlink()
    assert healthy.examine()[0].remedy == "csrtui new a.com"


def test_nothing_is_moved_away_for_a_backup_that_is_not_there(healthy: ExaminedStore) -> None:
    (healthy.pair / "key.pem").unlink()
    healthy.copy.write_text("other")
    remedies = {one.code: one.remedy for one in healthy.examine()}
    assert remedies[Code.MISSING_FILE] == "csrtui verify a.com"
    healthy.copy.unlink()
    remedies = {one.code: one.remedy for one in healthy.examine()}
    assert remedies[Code.MISSING_FILE] == "csrtui verify a.com"


def test_a_pair_is_restored_from_the_best_backup_that_is_there(healthy: ExaminedStore) -> None:
    (healthy.pair / "key.pem").unlink()
    first = healthy.record.backups[0]
    copies = []
    for number, verified in enumerate((None, NOW, None)):
        path = healthy.copy.with_name(f"{number}.backup.pem")
        path.write_bytes(b"backup")
        copies.append(first._replace(path=str(path), created=NOW + DAY * number / 9, verified=verified))
    healthy.change(backups=(*copies, first._replace(path="/nowhere", created=NOW + DAY / 2)))
    remedies = {one.code: one.remedy for one in healthy.examine()}
    assert f"csrtui restore {copies[1].path} " in remedies[Code.MISSING_FILE]


def test_a_pair_that_is_adopted_again_learns_of_its_backup_again(healthy: ExaminedStore) -> None:
    healthy.change(subject_text="CN=b.com")
    (found,) = healthy.examine()
    assert f" && csrtui verify --restore-test {healthy.copy} || " in found.remedy
    age = healthy.copy.rename(healthy.copy.with_suffix(".age"))
    healthy.change(backups=(healthy.record.backups[0]._replace(path=str(age)),))
    (found,) = healthy.examine()
    assert "verify" not in found.remedy


def test_what_expired_is_renewed(healthy: ExaminedStore) -> None:
    at(healthy, 91 * DAY)
    assert healthy.examine()[0].remedy == "csrtui renew a.com"


@pytest.mark.parametrize("retired", [{"retired": NOW}, {"renewed_by": "b.com"}])
def test_a_pair_out_of_use_may_expire(healthy: ExaminedStore, retired: dict[str, object]) -> None:
    healthy.change(**retired)
    healthy.add_another()
    at(healthy, 91 * DAY)
    assert healthy.examine() == ()


@pytest.mark.parametrize("backups", ["none", "missing", "unverified"])
def test_a_retired_pair_needs_no_backup(healthy: ExaminedStore, backups: str) -> None:
    healthy.change(retired=LATER)
    if backups == "missing":
        healthy.copy.unlink()
    elif backups == "unverified":
        unverified(healthy)
    else:
        healthy.change(backups=())
    assert healthy.examine() == ()


def test_an_adopted_request_may_have_its_common_name_in_the_subject_only(healthy: ExaminedStore) -> None:
    der = request.build(SubjectFields(common_name="a.com"), ["www.a.com"], key_of(KeyType.EC_P256))
    made = request.read_der(der)
    (healthy.pair / "request.pem").write_bytes(request.to_pem(der))
    healthy.change(names=("a.com", "www.a.com"), request=RequestFacts(made.sha256, made.signature_hash))
    assert healthy.examine() == ()


@pytest.mark.parametrize(
    "key_type", [kind for kind in KeyType if kind not in {KeyType.RSA_3072, KeyType.RSA_4096}]
)
def test_keys_of_every_type_are_well(tmp_path: Path, key_type: KeyType) -> None:
    assert ExaminedStore(tmp_path, key_type).examine() == ()


@pytest.mark.parametrize("at", [-1, -200, -300, -450, -600, -800])
def test_an_rsa_key_with_a_damaged_number_is_found(tmp_path: Path, at: int) -> None:
    """The positions lie within its coefficient, its exponents and its primes, in that order."""
    store = ExaminedStore(tmp_path, KeyType.RSA_2048)
    der = bytearray(pkcs8.to_der(store.files.key))
    der[at] ^= 2
    body = b64encode(der).decode()
    (store.pair / "key.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    assert [ailment.code for ailment in store.examine()] == [Code.KEY_UNREADABLE]


def test_many_pairs_are_counted_in_order_and_can_be_stopped(healthy: ExaminedStore) -> None:
    for number in range(40):
        shutil.copytree(healthy.pair, healthy.path / f"pairs/p-{number:02}")
    done: list[int] = []
    examination = Examination(healthy.session)
    found = examination.run(lambda: done.append(1))
    assert len(done) == len(examination.names) == 41
    assert [ailment.pair for ailment in found] == list(examination.names)
    assert {ailment.code for ailment in found} == {Code.SAME_KEY}
    assert found[1].text == (
        "p-00 has the same key as a.com, p-01, p-02 and 37 more: who loses one loses all"
    )
    stop = Event()
    stop.set()
    assert examination.run(stop=stop) == ()


def test_pairs_that_go_while_they_are_looked_for_are_no_finding(healthy: ExaminedStore) -> None:
    examination = Examination(healthy.session)
    shutil.rmtree(healthy.pair)
    assert examination.run() == ()


def _accidents(store: ExaminedStore) -> list[Callable[[Path, random.Random], object]]:
    def flip(path: Path, chance: random.Random) -> None:
        data = bytearray(path.read_bytes() or b"x")
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)

    def cut(path: Path, chance: random.Random) -> None:
        path.write_bytes(path.read_bytes()[: chance.randrange(max(1, path.stat().st_size // 2))])

    def link(path: Path, _: random.Random) -> None:
        path.unlink()
        path.symlink_to(store.copy)

    def fifo(path: Path, _: random.Random) -> None:
        path.unlink()
        os.mkfifo(path, 0o600)

    def folder(path: Path, _: random.Random) -> None:
        path.unlink()
        path.mkdir(0o700)

    def noise(path: Path, chance: random.Random) -> None:
        path.write_bytes(chance.randbytes(chance.randrange(2000)))

    return [
        flip,
        cut,
        link,
        fifo,
        folder,
        noise,
        lambda path, _: path.chmod(0o666),
        lambda path, _: path.unlink(),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    name=st.sampled_from(["key.pem", "request.pem", "pair.json", "certificate.pem"]),
)
def test_any_single_damage_is_reported_and_crashes_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int, name: str
) -> None:
    chance = random.Random(seed)  # noqa: S311 - chooses an accident, no secret
    store = ExaminedStore(tmp_path_factory.mktemp("one"))
    before = snapshot(store.path)
    accident = chance.choice(_accidents(store))
    accident(store.pair / name, chance)
    assert snapshot(store.path) != before
    found = store.examine()
    # A bit may flip where nothing depends on it: in a blank, in a word of the history, in an unused bit of base64.
    assert found or getattr(accident, "__name__", "") == "flip"
    for ailment in found:
        assert ailment.text.isprintable()
        assert ailment.remedy.isprintable()
        assert subprocess.run(["bash", "-n", "-c", ailment.remedy], check=False).returncode == 0
    shutil.rmtree(store.path)


def test_levels_decide_whether_all_is_well(healthy: ExaminedStore) -> None:
    (healthy.path / ".cache").touch()
    assert is_well(healthy.examine())
    (healthy.path / "notes").touch()
    found = healthy.examine()
    assert [ailment.level for ailment in found] == [Level.NOTE, Level.WARNING]
    assert not is_well(found)


def test_a_link_in_the_place_of_a_pair_is_found_and_not_followed(healthy: ExaminedStore) -> None:
    (healthy.path / "pairs/b.com").symlink_to("a.com")
    assert [(one.code, one.pair) for one in healthy.examine()] == [(Code.LINK, "b.com")]


def test_a_backup_to_recipients_comes_back_with_an_identity(healthy: ExaminedStore) -> None:
    path = healthy.copy.rename(healthy.copy.with_suffix(".age"))
    healthy.change(backups=(healthy.record.backups[0]._replace(path=str(path)),))
    (healthy.pair / "key.pem").unlink()
    assert f" && csrtui restore {path} --identity IDENTITY || " in healthy.examine()[0].remedy


def test_the_drafts_of_several_sessions_are_known(healthy: ExaminedStore) -> None:
    for number in (1, 2, 16):
        healthy.session.store.save_draft(b"{}", number)
        lock = healthy.session.store.hold_draft(number)
        assert lock is not None
        os.close(lock)
    assert Examination(healthy.session).run() == ()
    (healthy.path / ".draft-17.json").write_bytes(b"{}")
    healthy.session.store.save_draft(b"{", 2)
    assert [(one.code, one.path) for one in Examination(healthy.session).run()] == [
        (Code.UNKNOWN_HIDDEN, f"{healthy.path}/.draft-17.json"),
        (Code.MEMORY_UNREADABLE, f"{healthy.path}/.draft-2.json"),
    ]
