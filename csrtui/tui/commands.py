"""Every command of the screens, declared once: bindings, the bar, help and the README come from here."""

from collections.abc import Sequence

from textual.binding import Binding

from csrtui.tui.command import Command, Where

__all__ = ["COMMANDS", "FIXED", "HELP_IN_LISTS", "Command", "Where", "bar", "bindings"]


COMMANDS = (
    Command(
        "generate",
        "ctrl+g",
        "Generate",
        "Generate the private key and CSR; for several hosts, preview them first.",
        Where.REQUEST,
    ),
    Command("fix", "ctrl+f", "Fix", "Apply the fix of the advice shown; ctrl+z undoes it.", Where.REQUEST),
    Command(
        "next_advice",
        "ctrl+n,f3",
        "Next advice",
        "Show the next piece of advice.",
        Where.REQUEST,
        on_bar=False,
    ),
    Command(
        "fix_all",
        "f4",
        "Fix all",
        "Apply every fix that only corrects what was plainly meant.",
        Where.REQUEST,
        on_bar=False,
    ),
    Command(
        "profiles",
        "ctrl+p",
        "Profiles",
        "Load a profile into the form, or save the form as one.",
        Where.REQUEST,
        on_bar=False,
    ),
    Command(
        "start_from",
        "ctrl+o",
        "Start from",
        "Copy names and subject from an existing pair, CSR or certificate.",
        Where.REQUEST,
        on_bar=False,
    ),
    Command("switch_pane", "f2", "Keystore", "Go to the other pane: request or keystore.", Where.PANES),
    Command(
        "guide",
        "f5",
        "Guide",
        "Show the guide for the selected server software.",
        Where.REQUEST,
    ),
    Command(
        "next_field",
        "enter,down",
        "Next field",
        "Go to the next field.",
        Where.REQUEST,
        on_bar=False,
        priority=False,
    ),
    Command(
        "previous_field",
        "up",
        "Previous field",
        "Go to the previous field.",
        Where.REQUEST,
        on_bar=False,
        priority=False,
    ),
    Command(
        "undo",
        "ctrl+z,ctrl+underscore",
        "Undo",
        "Undo the last change in this field.",
        Where.REQUEST,
        on_bar=False,
        priority=False,
    ),
    Command(
        "redo", "ctrl+y", "Redo", "Redo the last undone change.", Where.REQUEST, on_bar=False, priority=False
    ),
    Command("open_pair", "enter", "Open", "Show everything about the pair.", Where.LISTS, priority=False),
    Command(
        "next_step",
        "full_stop",
        "Next step",
        "Do the pair's next step: back up, submit, import, install or renew.",
        Where.STEPS,
        priority=False,
    ),
    Command(
        "filter",
        "slash",
        "Filter",
        "Filter the list by name, subject, key, stage and more.",
        Where.LISTS,
        priority=False,
    ),
    Command(
        "new_request",
        "n",
        "New",
        "Go to the request form; of many hosts, the one for several at once.",
        Where.LISTS,
        priority=False,
    ),
    Command("view_csr", "v", "View CSR", "Show the CSR alone, to select it.", Where.PAIR, priority=False),
    Command("back", "escape,q,backspace", "Back", "Go back to the keystore.", Where.PAIR, priority=False),
    Command(
        "back_up",
        "b",
        "Back up",
        "Write an encrypted backup, proved by restoring it: of the pair, the marked ones, or all without one. "
        "On other hosts it is one that recipients can open.",
        Where.STEPS,
        priority=False,
    ),
    Command(
        "submit",
        "u",
        "Submit",
        "Hand out the CSR: clipboard, plain view, file, scp; mark it as submitted.",
        Where.PAIRS,
        priority=False,
    ),
    Command(
        "import",
        "i",
        "Import",
        "Import issued certificates, from files or pasted; each is matched to its pair.",
        Where.STEPS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "install",
        "I",
        "Install",
        "Write the files that a server software wants, and show what to do with them.",
        Where.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "renew",
        "w",
        "Renew",
        "Renew the pair's certificate: with a new pair, or with the old CSR; explains the consequences first.",
        Where.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "retire",
        "t",
        "Retire",
        "Mark the pair as no longer used; nothing is deleted.",
        Where.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "verify",
        "V",
        "Verify",
        "Check that backups exist and are unchanged; with the passphrase or identity, test a restore.",
        Where.PAIRS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "mark",
        "space",
        "Mark",
        "Mark the pair, or take the mark away: back up, verify, and fetching CSRs work on all marked ones.",
        Where.LISTS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "adopt",
        "a",
        "Adopt",
        "Bring keys made elsewhere into the keystore: from a file, or all that a folder holds.",
        Where.KEYSTORE,
        on_bar=False,
        priority=False,
    ),
    Command(
        "restore",
        "r",
        "Restore",
        "Bring a pair back from its backup.",
        Where.KEYSTORE,
        on_bar=False,
        priority=False,
    ),
    Command(
        "sort",
        "s",
        "Sort",
        "Sort by another column: urgency, name, made, left.",
        Where.LISTS,
        priority=False,
    ),
    Command(
        "show_retired",
        "T",
        "Retired",
        "Show or hide retired pairs.",
        Where.LISTS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "months",
        "m",
        "Months",
        "Show how many certificates expire in each of the coming twelve months.",
        Where.KEYSTORE,
        on_bar=False,
        priority=False,
    ),
    Command(
        "doctor",
        "D",
        "Doctor",
        "Check the whole keystore, or that of every host, and suggest fixes; changes nothing.",
        Where.LISTS,
        on_bar=False,
        priority=False,
    ),
    Command(
        "open_finding",
        "enter",
        "Open",
        "Show the pair that the finding is about.",
        Where.DOCTOR,
        priority=False,
    ),
    Command(
        "view_remedies",
        "c",
        "Commands",
        "Show the fix commands as plain text for copying.",
        Where.DOCTOR,
        priority=False,
    ),
    Command("examine", "r", "Again", "Examine everything again.", Where.DOCTOR, priority=False),
    Command(
        "fetch_csrs",
        "u",
        "Fetch CSRs",
        "Fetch CSRs into a folder here, to be submitted: of the pair, the marked ones, or all not submitted yet.",
        Where.FLEET,
        priority=False,
    ),
    Command(
        "hosts",
        "h",
        "Hosts",
        "Show every host, those that failed first, with the fix.",
        Where.FLEET,
        priority=False,
    ),
    Command("read_hosts", "r", "Read again", "Ask all hosts again.", Where.FLEET, priority=False),
    Command(
        "show_all",
        "escape",
        "All",
        "Go from the filter to the list; from there, show all pairs.",
        Where.FLEET,
        on_bar=False,
        priority=False,
    ),
    Command(
        "make_on_hosts",
        "ctrl+g",
        "Make",
        "Make the pairs, each on its host, as it is shown.",
        Where.PLAN,
    ),
    Command(
        "cover_twins",
        "ctrl+f",
        "Fix",
        "Also cover, on every host, the www or bare names that visitors would miss.",
        Where.PLAN,
    ),
    Command("help", "f1", "Help", "Show help (also ? outside text fields).", Where.ANYWHERE),
    Command("redraw", "ctrl+l", "Redraw", "Draw the screen again.", Where.ANYWHERE, on_bar=False),
    Command("leave", "ctrl+q,f10", "Quit", "Quit; the form is saved.", Where.ANYWHERE),
)
"""All commands, in the order of the bar and of help."""


def bindings(*places: Where) -> list[Binding]:
    """Return the key bindings of the commands that work in `places`."""
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
        if command.where in places and command.action not in FIXED
    ]


HELP_IN_LISTS = Binding("question_mark", "app.help", "Help", show=False)
"""Help where a question mark cannot be typed."""

FIXED = frozenset({"undo", "redo", "open_pair", "mark", "open_finding"})
"""What the focused widget binds itself: listed for help, not to be changed."""


def key_of(action: str, commands: Sequence[Command] = COMMANDS) -> str:
    """Return the key of a command as people write it, of those given with the keys they have."""
    return next(command.shown_key for command in commands if command.action == action)


def bar(place: Where, commands: Sequence[Command] = COMMANDS) -> list[Command]:
    """Return the commands that the bar shows at `place`, of those given with the keys they have."""
    places = {place, Where.ANYWHERE}
    if place in {Where.REQUEST, Where.KEYSTORE}:
        places.add(Where.PANES)
    if place in {Where.KEYSTORE, Where.PAIR}:
        places.add(Where.PAIRS)
    if place in {Where.KEYSTORE, Where.PAIR, Where.FLEET}:
        places.add(Where.STEPS)
    if place in {Where.KEYSTORE, Where.FLEET}:
        places.add(Where.LISTS)
    return [command for command in commands if command.on_bar and command.where in places]
