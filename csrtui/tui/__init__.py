"""The screens: what a user sees and types in a terminal.

Importing this package first removes Textual's own variables from the environment (see
`csrtui.tui.terminal.drop_textual_environment`), so that no module below can import Textual before.
"""

from csrtui.tui.terminal import drop_textual_environment

drop_textual_environment()
