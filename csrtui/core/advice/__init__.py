"""Advice on the names, subject and key of a request: the mistakes that a CA specialist would catch.

Each rule is a row of a table. It has a code, a level for public CAs and one for private CAs, a sentence, a check
function and a source, and states whether ``--force`` can override it. `advisor` applies all rules.
"""
