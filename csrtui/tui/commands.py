"""The list of all commands of the screens: keys, texts and scopes.

Everything that concerns keys is derived from it: the bindings, the command bar, the help, the palette, the checks of
the user's own keys (`csrtui.tui.user_keymap`) and the table of ``csrtui help keys``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from textual.binding import Binding, BindingType

from csrtui.core.pairs.pair import NextStep
from csrtui.tasks.pair_text import NEXT_STEPS


class Scope(StrEnum):
    """The screens on which a command works. The value is the title of the scope in the help."""

    ANYWHERE = "Anywhere"
    PANES = "Request and keystore"
    REQUEST = "Request"
    KEYSTORE = "Keystore"
    PAIRS = "Selected pair"
    PAIR = "A pair"
    PAGES = "Screens over the keystore"
    DOCTOR = "Doctor"
    MONTHS = "Months"
    LISTS = "Lists of pairs"
    STEPS = "Steps of the selected pair"
    FLEET = "Pairs of many hosts"
    SCREEN = "This screen"
    PLAN = "Preview of a request for many hosts"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the screens.

    Attributes:
        action: The name of the command and of its Textual action.
        keys: The keys, by Textual's names, separated by commas. The command bar shows the first one.
        priority: Whether the command handles its keys before the focused field does.
        words: Other words by which the command can be found.
    """

    action: str
    keys: str
    label: str
    help: str
    scope: Scope
    on_bar: bool = True
    priority: bool = True
    words: str = ""

    @property
    def shown_key(self) -> str:
        """The first key, as the screens show it."""
        return display_name(self.keys.split(",")[0])

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts by which the command can be found."""
        keys = map(display_name, self.keys.split(","))
        return self.label, self.help, self.action.replace("_", " "), self.words, *keys

    @property
    def shown_keys(self) -> str:
        """All keys, as the screens show them."""
        return ", ".join(map(display_name, self.keys.split(",")))


def display_name(key: str) -> str:
    """Return the name of a key on the screens. The argument is Textual's name."""
    is_function_key = key.startswith("f") and key[1:].isdigit()
    return _DISPLAY_NAMES.get(key, key.upper() if is_function_key else key)


_DISPLAY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "left": "Left",
    "right": "Right",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "enter": "Enter",
    "backspace": "Backspace",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "Up",
    "down": "Down",
    "ctrl+underscore": "ctrl+_",
}

COMMANDS = (
    Command("generate", "ctrl+g", "Generate",
            "Generate the private key and CSR; for several hosts, preview them first.", Scope.REQUEST,
            words="create make order private key"),
    Command("fix", "ctrl+f", "Fix", "Apply the fix for the advice shown; ctrl+z undoes it.", Scope.REQUEST),
    Command("next_advice", "ctrl+n,f3", "Next", "Show the next piece of advice.", Scope.REQUEST,
            words="warning error"),
    Command("fix_all", "f4", "Fix all",
            "Apply all safe fixes (spelling and format only).", Scope.REQUEST, on_bar=False,
            words="correct repair"),
    Command("profiles", "f6", "Profiles",
            "Load a profile into the form, or save the form as one.", Scope.REQUEST, on_bar=False,
            words="settings template defaults preset"),
    Command("start_from", "ctrl+o", "Start from",
            "Copy names and subject from an existing pair, CSR or certificate.", Scope.REQUEST, on_bar=False,
            words="duplicate clone template csr"),
    Command("clear_form", "f7", "Clear form",
            "Empty the form for a new request that renews no pair; ctrl+z brings the old content back.",
            Scope.REQUEST, on_bar=False,
            words="reset"),
    Command("guide", "f5", "Guide", "Show the guide for the selected server software.", Scope.REQUEST,
            words="web server manual documentation nginx apache"),
    Command("next_field", "enter,down", "Next field",
            "Go to the next field; in a choice and in Other names, Enter opens a list.",
            Scope.REQUEST, on_bar=False, priority=False),
    Command("previous_field", "up", "Previous field",
            "Go to the previous field.", Scope.REQUEST, on_bar=False, priority=False),
    Command("undo", "ctrl+z,ctrl+underscore", "Undo",
            "Undo the last change of the form: a typed word, a fix, a choice or a filled-in value.", Scope.REQUEST, on_bar=False, priority=False,
            words="revert"),
    Command("redo", "ctrl+y", "Redo",
            "Redo the last undone change.", Scope.REQUEST, on_bar=False, priority=False,
            words="repeat"),
    Command("next_step", "full_stop", "Next step",
            "Do the pair's next step: back up, submit, import, install, renew, finish, retire or revoke.", Scope.STEPS, priority=False),
    Command("open_pair", "enter", "Open", "Show everything about the pair.", Scope.LISTS, priority=False,
            words="view details log history events timeline"),
    Command("filter", "slash", "Filter",
            "Filter by words: name, subject, key, CA, server software, backup, stage; next: (any next step) or next:renew; "
            "due, expired, overdue, not backed up, retired; a month such as feb-2027.", Scope.LISTS, priority=False,
            words="search find todo waiting"),
    Command("new_request", "n", "New",
            "Go to the request form, to make a key and CSR.", Scope.LISTS, priority=False,
            words="create generate add csr order"),
    Command("previous_pair", "left_square_bracket", "Previous",
            "Show the previous pair of the list.", Scope.PAIR, on_bar=False, priority=False),
    Command("next_pair", "right_square_bracket", "Next",
            "Show the next pair of the list.", Scope.PAIR, on_bar=False, priority=False),
    Command("history", "h", "History", "Expand or collapse all groups of the page, including the history.",
            Scope.PAIR, on_bar=False, priority=False,
            words="log events"),
    Command("view_csr", "v", "CSR",
            "Show only the CSR, so that it can be selected.", Scope.PAIR, priority=False,
            words="request pem text show"),
    Command("back_up", "b", "Back up",
            "Write encrypted, restore-tested backups of the pair, the marked pairs, or all pairs without one.",
            Scope.STEPS, priority=False,
            words="save password encrypt"),
    Command("submit", "u", "Submit",
            "Hand over the CSR by clipboard, plain text, file or scp, and mark it as submitted.",
            Scope.PAIRS, priority=False,
            words="csr send order upload request acme certbot letsencrypt"),
    Command("import", "i", "Import",
            "Import issued certificates, from files or pasted; each is matched to its pair.",
            Scope.STEPS, on_bar=False, priority=False,
            words="certificate chain intermediate add load upload crt cer pem der p7b"),
    Command("install", "I", "Install",
            "Write the files for the server software and show the next steps.",
            Scope.STEPS, on_bar=False, priority=False,
            words="export deploy copy key file pfx p12 pkcs12 pem crt web server"),
    Command("mark_installed", "M", "Installed",
            "Record that you installed the certificate without csrtui, which ends the reminder for the pair that it replaces; writes no files.",
            Scope.PAIRS, on_bar=False, priority=False),
    Command("undo_install", "U", "Undo install",
            "Put back the files that the last Install replaced, after you confirm their names.",
            Scope.PAIRS, on_bar=False, priority=False),
    Command("renew", "w", "Renew",
            "Renew the pair's certificate with a new pair or the old CSR, after showing the consequences.",
            Scope.STEPS, on_bar=False, priority=False,
            words="replace rekey reissue update extend"),
    Command("copy", "y", "Copy",
            "Copy a fingerprint, path or name of the pair to the terminal's clipboard; never a key.",
            Scope.PAIRS, on_bar=False, priority=False,
            words="clipboard"),
    Command("change_server", "S", "Server",
            "Change the server software that the pair is for; the key and the CSR stay the same.",
            Scope.PAIRS, on_bar=False, priority=False,
            words="software platform nginx apache edit"),
    Command("change_ca", "C", "CA",
            "Change the kind of CA that the pair is for, public or private; the key and the CSR stay the same.",
            Scope.PAIRS, on_bar=False, priority=False,
            words="authority issuer edit"),
    Command("retire", "t", "Retire",
            "Mark the pair as no longer used or its key as compromised (stolen, lost) and show how to revoke. Or take it back into use. "
            "Deletes nothing. To delete a pair, remove its folder.",
            Scope.STEPS, on_bar=False, priority=False,
            words="delete remove archive revoke stolen undo"),
    Command("verify", "V", "Verify",
            "Check that backups exist and are unchanged; with the passphrase or identity, test a restore.",
            Scope.STEPS, on_bar=False, priority=False,
            words="test check password integrity"),
    Command("mark", "space", "Mark",
            "Mark or unmark the pair; commands for many pairs, such as Back up and Verify, use all that are marked.",
            Scope.LISTS, on_bar=False, priority=False,
            words="select choose several all"),
    Command("adopt", "a", "Adopt",
            "Import existing keys as pairs, from a file or a folder.", Scope.KEYSTORE, on_bar=False, priority=False,
            words="existing old load add openssl pfx p12 pkcs12 pem der certbot letsencrypt"),
    Command("restore", "r", "Restore",
            "Restore a pair from its backup.", Scope.KEYSTORE, on_bar=False, priority=False,
            words="recover password"),
    Command("inspect", "x", "Inspect",
            "Describe any CSR, certificate, key or backup, from files or pasted; nothing is stored.",
            Scope.KEYSTORE, on_bar=False, priority=False,
            words="decode view read parse openssl csr crt cer pem der p7b pfx p12 pkcs12"),
    Command("sort", "s", "Sort",
            "Sort by another column: urgency, name, made, left.", Scope.LISTS, priority=False,
            words="order"),
    Command("show_retired", "T", "Retired",
            "Show or hide retired pairs.", Scope.LISTS, on_bar=False, priority=False,
            words="archive hidden deleted"),
    Command("months", "m", "Months",
            "Show how many certificates expire in each of the next 12 months.",
            Scope.KEYSTORE, on_bar=False, priority=False,
            words="expiry calendar dates chart"),
    Command("doctor", "D", "Doctor",
            "Check the whole keystore and suggest fixes; records only which backups are missing or damaged.",
            Scope.LISTS, on_bar=False, priority=False,
            words="check problems health repair permissions"),
    Command("open_month", "enter", "List pairs",
            "List the keystore's pairs that are due or expire in the selected month.", Scope.MONTHS, priority=False),
    Command("fix_finding", "full_stop", "Fix",
            "Fix the finding: back up, verify, import, renew or restrict a file's permissions.",
            Scope.DOCTOR, priority=False),
    Command("open_finding", "enter", "Open",
            "Show the pair that the finding concerns.", Scope.DOCTOR, priority=False),
    Command("view_remedies", "c", "Command",
            "Show the fix of the selected finding, and the next fixes that fit, as plain text for copying.", Scope.DOCTOR, priority=False),
    Command("examine", "r", "Again", "Examine everything again.", Scope.DOCTOR, priority=False),
    Command("fetch_csrs", "u", "Fetch CSRs",
            "Fetch CSRs (of the pair, the marked pairs, or all not yet submitted) into a folder on this machine, and mark them as submitted.",
            Scope.FLEET, priority=False),
    Command("hosts", "h", "Hosts",
            "Show every host, failed ones first, with the fix.", Scope.FLEET, priority=False),
    Command("read_hosts", "r", "Read again", "Read all hosts again.", Scope.FLEET, priority=False),
    Command("show_all", "escape", "All",
            "Go from the filter to the list; in the list, show all pairs.",
            Scope.FLEET, on_bar=False, priority=False),
    Command("make_on_hosts", "ctrl+g", "Make", "Generate each pair on its host, as shown.", Scope.PLAN),
    Command("cover_twins", "ctrl+f", "Fix",
            "Also cover the www or bare counterparts on every host.", Scope.PLAN),
    Command("key_options", "f9", "More fields",
            "Set the pair's name, its key's passphrase and additional subject attributes; in a renewal, choose whether to keep the key.", Scope.REQUEST, on_bar=False,
            words="rename password encrypt attributes"),
    Command("switch_pane", "f2", "Keystore", "Go to the other pane: request or keystore.", Scope.PANES,
            words="list form window"),
    Command("back", "escape,q,backspace", "Back", "Go back.", Scope.PAGES, priority=False),
    Command("help", "f1", "Help", "Show the keys of this screen, and search all keys (also ? outside text fields). "
            "For settings such as colours and keys, csrtui help configuration shows the configuration file.", Scope.ANYWHERE,
            words="settings configuration preferences theme colors manual"),
    Command("palette", "ctrl+p", "Find command",
            "Find a command by its name, and run it.", Scope.ANYWHERE, on_bar=False,
            words="search run menu"),
    Command("redraw", "ctrl+l", "Redraw", "Draw the screen again.", Scope.ANYWHERE, on_bar=False,
            words="refresh repaint"),
    Command("leave", "ctrl+q,f10", "Quit", "Quit; the form is saved.", Scope.ANYWHERE,
            words="exit close end"),
)  # fmt: skip
"""All commands, in the order in which the command bar and the help show them."""


PLACES = {
    Scope.REQUEST: frozenset({Scope.REQUEST, Scope.PANES}),
    Scope.KEYSTORE: frozenset({Scope.KEYSTORE, Scope.PANES, Scope.LISTS, Scope.PAIRS, Scope.STEPS}),
    Scope.PAIR: frozenset({Scope.PAIR, Scope.PAGES, Scope.PAIRS, Scope.STEPS}),
    Scope.DOCTOR: frozenset({Scope.DOCTOR, Scope.PAGES}),
    Scope.MONTHS: frozenset({Scope.MONTHS, Scope.PAGES}),
    Scope.FLEET: frozenset({Scope.FLEET, Scope.LISTS, Scope.STEPS}),
    Scope.PLAN: frozenset({Scope.PLAN, Scope.PAGES}),
}
"""The scopes that are active together, by the scope of the screen or pane. `ANYWHERE` is always active."""

WIDGET_ACTIONS = {
    "undo": "undo", "redo": "redo", "open_pair": "open", "mark": "mark", "open_finding": "open",
    "open_month": "open",
}  # fmt: skip
"""The commands whose keys a widget binds, with the widget's action. They are in the help, but not configurable."""

_BARS = {
    Scope.KEYSTORE: (
        "next_step", "open_pair", "filter", "mark", "import", "adopt", "new_request", "doctor", "sort", "back_up",
        "submit", "renew", "install", "retire", "months", "restore", "inspect", "verify", "leave", "switch_pane", "help",
    ),
    Scope.PAIR: (
        "next_step", "view_csr", "submit", "import", "install", "renew", "verify", "back_up", "retire",
        "change_server", "change_ca", "copy", "leave", "back", "help",
    ),
    Scope.FLEET: (
        "next_step", "open_pair", "filter", "mark", "hosts", "back_up", "fetch_csrs", "new_request", "read_hosts",
        "sort", "doctor", "leave", "help",
    ),
}  # fmt: skip
"""The commands on the bars of lists and pages of pairs, those needed most often first."""
LAST_ON_BAR = ("leave", "generate", "back", "next_step", "help", "switch_pane")
"""The commands that a narrow command bar leaves out last, in this order. A list leaves out Quit first."""

HELP_IN_LISTS = Binding("question_mark", "app.help", "Help", show=False)
"""The second key for help. It works on screens without text fields."""
_PLACES_WITHOUT_TEXT = frozenset(
    {Scope.KEYSTORE, Scope.PAIR, Scope.DOCTOR, Scope.MONTHS, Scope.FLEET, Scope.PLAN}
)


def scopes_at(*places: Scope) -> frozenset[Scope]:
    """Return the scopes that are active at these places, without `ANYWHERE`."""
    return frozenset(scope for place in places for scope in PLACES.get(place, {place}))


def bindings(*places: Scope) -> list[BindingType]:
    """Return the key bindings of the commands that work at these places."""
    scopes = scopes_at(*places)
    commands = [it for it in COMMANDS if it.scope in scopes and it.action not in WIDGET_ACTIONS]
    return [
        *(
            Binding(it.keys, it.action, it.label, show=False, priority=it.priority, id=it.action)
            for it in commands
        ),
        *([HELP_IN_LISTS] if _PLACES_WITHOUT_TEXT.issuperset(places) else []),
    ]


def bar(place: Scope, commands: Sequence[Command] = COMMANDS) -> list[Command]:
    """Return the `commands` that the command bar shows for `place`."""
    if place not in _PLACES_WITHOUT_TEXT:
        return _bar(place, commands)
    return [
        replace(command, keys=HELP_IN_LISTS.key, label="All keys") if command.action == "help" else command
        for command in _bar(place, commands)
    ]


def bar_in_filter(place: Scope, commands: Sequence[Command] = COMMANDS) -> list[Command]:
    """Return the commands of a bar that work while the filter has the focus. Letters go into the filter."""
    kept = {"open_pair", *(command.action for command in _bar(Scope.PANES, commands))}
    return [command for command in _bar(place, commands) if command.action in kept]


def commands_for_marks(shown: Sequence[Command], commands: Sequence[Command] = COMMANDS) -> list[Command]:
    """Return the commands of the keystore's bar while pairs are marked. Those for all marked pairs come first."""
    on_marks = [command for command in commands if command.action in {"back_up", "verify"}]
    return [*on_marks, *(command for command in shown if command not in on_marks)]


def _bar(place: Scope, commands: Sequence[Command]) -> list[Command]:
    if place in _BARS:
        by_action = {command.action: command for command in commands}
        return [by_action[action] for action in _BARS[place]]
    scopes = {*scopes_at(place), Scope.ANYWHERE}
    return [command for command in commands if command.scope in scopes and command.on_bar]


def search(commands: Iterable[Command], text: str) -> list[Command]:
    """Return the commands that contain all words of `text`.

    Commands with these words in the label come first, then those with `words` that begin with them.
    """
    words = _folded(text).split()
    matches = [command for command in commands if _contains(" ".join(command.texts), words)]
    beginnings = [f" {word}" for word in words]
    return sorted(
        matches, key=lambda it: (not _contains(it.label, words), not _contains(f" {it.words}", beginnings))
    )


def _contains(text: str, words: Iterable[str]) -> bool:
    folded = _folded(text)
    return all(word in folded for word in words)


def _folded(text: str) -> str:
    """Return a text without case and apostrophes: "Let's Encrypt" and "letsencrypt" find the same commands."""
    return text.casefold().replace("'", "").replace("’", "")


def key_of(action: str, commands: Sequence[Command] = COMMANDS) -> str:
    """Return the first key of the command with this action in `commands`, as the screens show it."""
    return next(command.shown_key for command in commands if command.action == action)


def commands_of(app: object) -> Sequence[Command]:
    """Return the commands of an app, with the user's key bindings."""
    commands: Sequence[Command] = getattr(app, "commands", COMMANDS)
    return commands


_STEP_WIDTH = max(len(NEXT_STEPS[step]) for step in NextStep if step is not NextStep.NONE)


def step_label(step: NextStep) -> str:
    """Return the label of a next step for the command bar. All labels have the same width, so that few cells change."""
    return ("" if step is NextStep.NONE else NEXT_STEPS[step].capitalize()).ljust(_STEP_WIDTH)
