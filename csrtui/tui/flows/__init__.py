"""The commands for pairs. Each is a function that opens one dialog after the other and waits for the answers.

The screen shows the `CsrtuiError` that ends a flow (see `csrtui.tui.screens.pairs_screen.PairsScreen.start`).
"""
