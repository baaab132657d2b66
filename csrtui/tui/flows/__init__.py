"""The commands for pairs, one function each: it opens one dialog after the other and waits for their answers.

The screen shows the `CsrtuiError` that ends a flow (see `csrtui.tui.screens.pairs_screen.PairsScreen.start`).
"""
