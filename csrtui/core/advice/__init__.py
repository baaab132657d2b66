"""Advice on names, subject and key, as a specialist at a CA would give it before the order.

Each rule is a row of a table: its code, its level for a public and for a private CA, its sentence, the function
that applies it, its source, and whether ``--force`` may override it. `advisor` applies all rules.
"""
