"""All commands of the screens: the only source of the key bindings, the command bar, the help and the README."""

from collections.abc import Sequence

from textual.binding import Binding

from csrtui.core.pairs.pair import NextStep
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.command import Command, Scope

__all__ = ["COMMANDS", "HELP_IN_LISTS", "WIDGET_ACTIONS", "Command", "Scope", "bar", "bindings", "step_label"]


COMMANDS = (
    Command(
        "generate",
        "ctrl+g",
        "Generate",
        "Generate the private key and CSR; for several hosts, preview them first.",
        Scope.REQUEST,
    ),
    Command("fix", "ctrl+f", "Fix", "Apply the fix for the advice shown; ctrl+z undoes it.", Scope.REQUEST),
    Command(
        "next_advice",
        "ctrl+n,f3",
        "Next advice",
        "Show the next piece of advice.",
        Scope.REQUEST,
        on_bar=False,
    ),
    Command(
        "fix_all",
        "f4",
        "Fix all",
        "Apply all safe fixes (spelling and format only).",
        Scope.REQUEST,
        on_bar=False,
    ),
    Command(
        "profiles",
        "ctrl+p",
        "Profiles",
        "Load a profile into the form, or save the form as one.",
        Scope.REQUEST,
        on_bar=False,
    ),
    Command(
        "start_from",
        "ctrl+o",
        "Start from",
        "Copy names and subject from an existing pair, CSR or certificate.",
        Scope.REQUEST,
        on_bar=False,
    ),
    Command("switch_pane", "f2", "Keystore", "Go to the other pane: request or keystore.", Scope.PANES),
    Command(
        "guide",
        "f5",
        "Guide",
        "Show the guide for the selected server software.",
        Scope.REQUEST,
    ),
    Command(
        "next_field",
        "enter,down",
        "Next field",
        "Go to the next field.",
        Scope.REQUEST,
        on_bar=False,
        priority=False,
    ),
    Command(
        "previous_field",
        "up",
        "Previous field",
        "Go to the previous field.",
        Scope.REQUEST,
        on_bar=False,
        priority=False,
    ),
    Command(
        "undo",
        "ctrl+z,ctrl+underscore",
        "Undo",
        "Undo the last change in this field.",
        Scope.REQUEST,
        on_bar=False,
        priority=False,
    ),
    Command(
        "redo", "ctrl+y", "Redo", "Redo the last undone change.", Scope.REQUEST, on_bar=False, priority=False
    ),
    Command("open_pair", "enter", "Open", "Show everything about the pair.", Scope.LISTS, priority=False),
    Command(
        "next_step",
        "full_stop",
        "Next step",
        "Do the pair's next step: back up, submit, import, install or renew.",
        Scope.STEPS,
        priority=False,
    ),
    Command(
        "filter",
        "slash",
        "Filter",
        "Filter the list by name, subject, key, stage and more.",
        Scope.LISTS,
        priority=False,
    ),
    Command(
        "new_request",
        "n",
        "New",
        "Go to the request form; with many hosts, the form for several hosts.",
        Scope.LISTS,
        priority=False,
    ),
    Command(
        "view_csr",
        "v",
        "View CSR",
        "Show only the CSR, so that it can be selected.",
        Scope.PAIR,
        priority=False,
    ),
    Command("back", "escape,q,backspace", "Back", "Go back to the keystore.", Scope.PAIR, priority=False),
    Command(
        "back_up",
        "b",
        "Back up",
        "Write encrypted backups, proved by restoring, of the pair, the marked pairs, or all without one; "
        "on other hosts, only for recipients.",
        Scope.STEPS,
        priority=False,
    ),
    Command(
        "submit",
        "u",
        "Submit",
        "Hand over the CSR by clipboard, plain text, file or scp, and mark it as submitted.",
        Scope.PAIRS,
        priority=False,
    ),
    Command(
        "import",
        "i",
        "Import",
        "Import issued certificates, from files or pasted; each is matched to its pair.",
        Scope.STEPS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "install",
        "I",
        "Install",
        "Write the files for a server software, and show the next steps.",
        Scope.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "renew",
        "w",
        "Renew",
        "Renew the pair's certificate: with a new pair, or with the old CSR; explains the consequences first.",
        Scope.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "retire",
        "t",
        "Retire",
        "Mark the pair as no longer used; nothing is deleted.",
        Scope.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "verify",
        "V",
        "Verify",
        "Check that backups exist and are unchanged; with the passphrase or identity, test a restore.",
        Scope.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "mark",
        "space",
        "Mark",
        "Mark or unmark the pair; back up, verify and fetch CSRs work on all marked pairs.",
        Scope.LISTS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "adopt",
        "a",
        "Adopt",
        "Import existing keys as pairs, from a file or a folder.",
        Scope.KEYSTORE,
        on_bar=False,
        priority=False,
    ),
    Command(
        "restore",
        "r",
        "Restore",
        "Restore a pair from its backup.",
        Scope.KEYSTORE,
        on_bar=False,
        priority=False,
    ),
    Command(
        "sort",
        "s",
        "Sort",
        "Sort by another column: urgency, name, made, left.",
        Scope.LISTS,
        priority=False,
    ),
    Command(
        "show_retired",
        "T",
        "Retired",
        "Show or hide retired pairs.",
        Scope.LISTS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "months",
        "m",
        "Months",
        "Show how many certificates expire in each of the next 12 months.",
        Scope.KEYSTORE,
        on_bar=False,
        priority=False,
    ),
    Command(
        "doctor",
        "D",
        "Doctor",
        "Check the whole keystore, or that of every host, and suggest fixes; changes nothing.",
        Scope.LISTS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "open_finding",
        "enter",
        "Open",
        "Show the pair that the finding concerns.",
        Scope.DOCTOR,
        priority=False,
    ),
    Command(
        "view_remedies",
        "c",
        "Commands",
        "Show the fix commands as plain text for copying.",
        Scope.DOCTOR,
        priority=False,
    ),
    Command("examine", "r", "Again", "Examine everything again.", Scope.DOCTOR, priority=False),
    Command(
        "fetch_csrs",
        "u",
        "Fetch CSRs",
        "Fetch CSRs into a folder on this machine: of the pair, the marked pairs, or all not yet submitted.",
        Scope.FLEET,
        priority=False,
    ),
    Command(
        "hosts",
        "h",
        "Hosts",
        "Show every host, failed ones first, with the fix.",
        Scope.FLEET,
        priority=False,
    ),
    Command("read_hosts", "r", "Read again", "Read all hosts again.", Scope.FLEET, priority=False),
    Command(
        "show_all",
        "escape",
        "All",
        "Go from the filter to the list; in the list, show all pairs.",
        Scope.FLEET,
        on_bar=False,
        priority=False,
    ),
    Command(
        "make_on_hosts",
        "ctrl+g",
        "Make",
        "Make the pairs as shown, each on its host.",
        Scope.PLAN,
    ),
    Command(
        "cover_twins",
        "ctrl+f",
        "Fix",
        "Also cover the missing www or bare names on every host.",
        Scope.PLAN,
    ),
    Command("help", "f1", "Help", "Show help (also ? outside text fields).", Scope.ANYWHERE),
    Command("redraw", "ctrl+l", "Redraw", "Draw the screen again.", Scope.ANYWHERE, on_bar=False),
    Command("leave", "ctrl+q,f10", "Quit", "Quit; the form is saved.", Scope.ANYWHERE),
)
"""All commands, in the order in which the command bar and the help show them."""


def bindings(*scopes: Scope) -> list[Binding]:
    """Return the key bindings of the commands with these scopes."""
    return [
        Binding(
            command.keys,
            command.action,
            command.label,
            show=False,
            priority=command.priority,
            id=command.action,
        )
        for command in COMMANDS
        if command.scope in scopes and command.action not in WIDGET_ACTIONS
    ]


HELP_IN_LISTS = Binding("question_mark", "app.help", "Help", show=False)
"""The second key for help. It works on screens without text fields."""

WIDGET_ACTIONS = frozenset({"undo", "redo", "open_pair", "mark", "open_finding"})
"""The commands whose keys a widget binds. They are listed in the help, but not configurable."""


def key_of(action: str, commands: Sequence[Command] = COMMANDS) -> str:
    """Return the first key of the command with this action in `commands`, as the screens show it."""
    return next(command.shown_key for command in commands if command.action == action)


def bar(scope: Scope, commands: Sequence[Command] = COMMANDS) -> list[Command]:
    """Return those of `commands` that the command bar shows on the screen or pane of `scope`."""
    scopes = {scope, Scope.ANYWHERE}
    if scope in {Scope.REQUEST, Scope.KEYSTORE}:
        scopes.add(Scope.PANES)
    if scope in {Scope.KEYSTORE, Scope.PAIR}:
        scopes.add(Scope.PAIRS)
    if scope in {Scope.KEYSTORE, Scope.PAIR, Scope.FLEET}:
        scopes.add(Scope.STEPS)
    if scope in {Scope.KEYSTORE, Scope.FLEET}:
        scopes.add(Scope.LISTS)
    return [command for command in commands if command.on_bar and command.scope in scopes]


_STEP_WIDTH = max(len(NEXT_STEPS[step]) for step in NextStep if step is not NextStep.NONE)


def step_label(step: NextStep) -> str:
    """Return the label of a next step for the command bar. All labels have one width, so that few cells change."""
    return ("Nothing" if step is NextStep.NONE else NEXT_STEPS[step].capitalize()).ljust(_STEP_WIDTH)
