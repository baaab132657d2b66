"""The private names of Textual that the screens use or replace, with the reasons. A test compares them with the code."""

from typing import Final

PRIVATE_NAMES: Final = {
    "_auto_restart": "The driver resumes after SIGCONT only if Textual stopped it.",
    "_batch_count": "Nothing is drawn during a batch update.",
    "_close_messages_no_wait": "A bug ends the app even if its message loop is blocked.",
    "_closed": "Nothing is drawn after the app has closed.",
    "_context": "`save_state` needs the app's context when the watchdog thread calls it.",
    "_display": "`Painter` draws instead of Textual.",
    "_driver": "The app has no public name for its driver.",
    "_exception": "Textual's test pilot raises this exception after a crash.",
    "_exception_event": "Textual's test pilot waits for this event.",
    "_fatal_error": "Textual would print local variables, which may be passphrases.",
    "_file": "Writes to a lost terminal must not end the writer thread.",
    "_get_terminal_size": "The size is that of the terminal in use, not of standard output.",
    "_handle_exception": "Textual would render a traceback with local variables.",
    "_in_band_window_resize": "Terminals that report their size themselves need no signal.",
    "_initial_value": "Otherwise, Input treats an edit as the initial text and does not scroll.",
    "_mounted_event": "Keys wait for the widgets of a screen, and there is no public event for it.",
    "_must_signal_resume": "SIGCONT without a stop must not enter application mode twice.",
    "_position_to_cell": "A secret has one star for each character, and text has one cell for each unprintable one.",
    "_sigcont_application": "Textual writes to a queue inside the signal handler, which can block forever.",
    "_sigtstp_application": "The same.",
    "_sync_available": "Synchronized output is used only where the terminal supports it.",
    "_value": "Unprintable characters are shown, and a secret is shown as stars.",
    "_watch_value": "The text of a secret must not be posted.",
    "textual._compositor": "`Painter` reads the updates of the compositor.",
    "textual._xterm_parser": "The driver reads keys with Textual's own parser.",
}
