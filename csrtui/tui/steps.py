"""What the bar calls the next step of a pair."""

from csrtui.core.pairs.pair import NextStep
from csrtui.tasks.pair_text import NEXT_STEPS

_WIDTH = max(len(NEXT_STEPS[step]) for step in NextStep if step is not NextStep.NONE)


def step_label(step: NextStep) -> str:
    """Return the step in a word or two; always as wide, so that few cells change."""
    return ("Nothing" if step is NextStep.NONE else NEXT_STEPS[step].capitalize()).ljust(_WIDTH)
