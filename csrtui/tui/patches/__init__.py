"""Corrections of Textual 8.2.8. Each module says what it waits for, and which test tells when it can go.

All names with an underscore that csrtui takes from Textual are listed in `csrtui.tui.patches.private_names`.
"""
