"""Advice on names, subject and key: what a patient specialist at a CA would say before the order.

Every rule is a row of a table (`rules`): its code, its level for a public and for a private CA, its
sentence, the function that finds it, its source, and whether ``--force`` may overrule it.
"""

from csrtui.core.advice.advisor import Advice, advise, common_name_missing, reach, rules

__all__ = ["Advice", "advise", "common_name_missing", "reach", "rules"]
