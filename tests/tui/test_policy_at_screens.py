"""The policy and the defaults of a machine, on the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens_user import at_screens, session_on

from csrtui.core.base.finding import FieldName
from csrtui.core.config.policy import Policy
from csrtui.core.config.settings import Profile
from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from pathlib import Path


async def test_policy_is_advice_with_a_fix_and_holds_a_csr_back_until_a_backup(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    session.policy = Policy(key_types=(KeyType.EC_P384,), backup_before_submit=True, source="/etc/c.toml")
    session.defaults = Profile(organization="Site Ltd", country="GB", locality="London")
    async with at_screens(session) as user:
        await user.fill(FieldName.COMMON_NAME, "a.mydomain.com")
        assert "EC P-256 keys are not allowed here" in user.preview
        assert "(set in /etc/c.toml)" in " ".join(user.preview.split())
        await user.press("ctrl+f")
        await user.generate()
        await user.until(lambda: user.message.startswith("made a.mydomain.com"), "the new pair")
        assert user.draft.organization == "Site Ltd"
        await user.until_pairs("a.mydomain.com")
        await user.press("u")
        await user.until(lambda: "requires first" in user.message, "the refusal")
