"""Corrections of Textual 8.2.8. Each module names the change in Textual after which it can be deleted, and the test that shows this.

All names with an underscore that csrtui takes from Textual are listed in `csrtui.tui.patches.textual_private_names`.
"""
