"""Hosts whose answers contain hostile text: their names, pairs, findings and failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_ansible import printed
from fleet_made import listed, pair

from csrtui.fleet.host_answer import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fake_ansible import FakeAnsible
    from screen_openings import Opening


def answer_hostile(fake: FakeAnsible, opening: Opening, text: str) -> None:
    """Set hostile answers for the plays of an opening of `FLEET_OPENINGS`. The first play lists the pairs."""
    # Names of hosts come from the user and are short. Names of pairs must be valid to be read.
    good, bad = f"web{text[:40]}", f"lost{text[:40]}"
    away = {"ended": "unreachable", "msg": text}
    fields = dict.fromkeys(("organization", "organizational_unit", "country", "state", "locality"), text)
    harmful: dict[str, Any] = {
        "subject": text,
        "names": [text],
        "path": text,
        "platform": text,
        "subject_fields": fields | {"common_name": text},
    }
    if opening.screen == "HostVerifyModal":
        harmful["backup"] = {
            "status": "unverified",
            "path": text[: MAX_TEXT - 4] + ".age",
            "created": "2026-11-20T09:00:00Z",
        }
    finding = {"code": text, "level": "error", "pair": text, "path": text, "text": text, "remedy": text}
    fake.holds({good: {"site": [text, f"{text}.com"]}, bad: {"site": {text: text}}})
    fake.answers({good: listed(pair(**harmful), pair("b.com", **harmful)), bad: away})
    second: Mapping[str, Mapping[str, Any]] = {good: listed(), bad: away}
    if opening.screen == "FleetDoctorScreen":
        second = {good: printed({"schema": 1, "ok": False, "findings": [finding]}, 1), bad: away}
    elif opening.screen == "HostWorkModal":
        second = {
            good: {
                "rc": 1,
                "stdout": "",
                "stderr": f"csrtui: error: {text}\nhint: {text}\n",
                "ended": "failed",
            }
        }
    fake.answers(second)
