"""Advice on the names, subject and key of a request: the mistakes that a CA specialist would catch.

Each rule is a row of a table (`rule.Rule`): a code, a level for public CAs and one for private CAs, a sentence, a check
function and a source. `advisor` applies all rules.
"""
