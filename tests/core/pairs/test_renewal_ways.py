"""The ways to renew: their consequences, and which one is recommended."""

from __future__ import annotations

from requests_made import NOW, record
from tables import table

from csrtui.core.base.finding import FieldName, Finding, Level
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.pairs.renewal_ways import COMPROMISED_KEY, RenewalWay, renewal_choices
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.package_data import servers

RECORD = record(history=(HistoryEntry(NOW, "created", "joe"),))
NGINX = servers()["nginx"]
ERROR = Finding("x", Level.ERROR, FieldName.KEY, "", "It is refused.")
WARNING = Finding("y", Level.WARNING, FieldName.KEY, "", "It is odd.")


@table("platform", PLATFORMS)
def test_a_new_pair_is_recommended_for_every_server_software(platform: str) -> None:
    first, second, third = renewal_choices(RECORD, servers()[platform], (), (WARNING,))
    ways = (RenewalWay.NEW_PAIR, RenewalWay.OLD_CSR, RenewalWay.SAME_KEY)
    assert (first.way, second.way, third.way) == ways
    assert first.obstacles == third.obstacles == ()


def test_the_old_csr_is_recommended_only_if_the_new_request_is_worse() -> None:
    assert renewal_choices(RECORD, NGINX, (ERROR,), ())[0].way is RenewalWay.OLD_CSR
    assert (
        renewal_choices(RECORD, NGINX, (), (), ("An e-mail name is left out.",))[0].way is RenewalWay.OLD_CSR
    )
    assert renewal_choices(RECORD, NGINX, (WARNING,), ())[0].way is RenewalWay.NEW_PAIR


def test_the_old_csr_is_not_recommended_with_an_obstacle() -> None:
    assert renewal_choices(RECORD, NGINX, (ERROR,), (ERROR,))[0].way is RenewalWay.NEW_PAIR
    compromised = RECORD._replace(compromised=RECORD.created)
    assert renewal_choices(compromised, NGINX, (ERROR,), ())[0].way is RenewalWay.NEW_PAIR
    once_only = renewal_choices(RECORD, servers()["iis"], (ERROR,), ())
    assert once_only[0].way is RenewalWay.NEW_PAIR
    assert any("only once" in sentence for sentence in once_only[1].obstacles)


def test_a_key_that_must_not_be_used_or_that_csrtui_does_not_support_is_an_obstacle_to_a_new_csr() -> None:
    compromised = RECORD._replace(compromised=RECORD.created)
    assert renewal_choices(compromised, NGINX, (), (ERROR,))[2].obstacles == (COMPROMISED_KEY, ERROR.text)
    other = RECORD._replace(key=RECORD.key._replace(type="ed448"))
    assert "csrtui makes no CSR for" in renewal_choices(other, NGINX, (), ())[2].obstacles[0]


def test_the_consequence_names_the_key_and_its_date() -> None:
    old = renewal_choices(RECORD, NGINX, (), ())[1]
    assert any(f"made on 23 Nov 2026, SPKI SHA-256 {'ab' * 32}" in sentence for sentence in old.consequences)
    adopted = RECORD._replace(history=(HistoryEntry(NOW, "key adopted from /k", "joe"),))
    assert any(
        "kept here since 23 Nov 2026" in one
        for one in renewal_choices(adopted, NGINX, (), ())[1].consequences
    )


def test_a_pair_with_a_reused_csr_waits_for_its_certificate_even_when_due() -> None:
    due = RECORD._replace(validity=Validity(NOW.replace(year=2025), NOW.replace(month=12)))
    assert due.next_step(NOW) is NextStep.RENEW
    again = due.with_reused_csr(NOW, "joe", "again")
    assert again.next_step(NOW) is NextStep.IMPORT
    assert load_record(dump_record(again)) == again
    renewed = again.with_certificate(Validity(NOW, NOW.replace(year=2027)), NOW, "joe", "issued")
    assert renewed.reused is None


def test_reusing_the_csr_without_a_certificate_changes_no_step() -> None:
    assert RECORD.with_reused_csr(NOW, "joe", "again").next_step(NOW) is RECORD.next_step(NOW)
