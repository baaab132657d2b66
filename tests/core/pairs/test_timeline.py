"""The timeline: all marks in order, each with its label, without crossings."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.pairs.charts import (
    MIN_WIDTH,
    TimelineMark,
    TimelineRow,
    Tone,
    draw_one_line,
    draw_timeline,
)

TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
NAMES = ("created", "backed up", "submitted", "issued", "installed", "renewal due", "expires", "retired")
GLYPHS = {"●": Tone.PAST, "▼": Tone.TODAY, "o": Tone.COMING}


def mark(name: str, days: int) -> TimelineMark:
    day = TODAY + days * DAY
    return TimelineMark(day, name, f"{day:%d %b}")


def texts(rows: tuple[TimelineRow, ...]) -> list[str]:
    return ["".join(piece.text for piece in row) for row in rows]


def drawn(past: list[TimelineMark], coming: list[TimelineMark], width: int) -> list[str]:
    return texts(draw_timeline(past, mark("today", 0), coming, width))


LIFE = (
    [mark("created", -130), mark("backed up", -130), mark("submitted", -129), mark("issued", -128)],
    [mark("renewal due", 16), mark("expires", 72)],
)


def test_a_timeline_in_a_terminal() -> None:
    assert drawn(*LIFE, 78) == [
        "●─●─●─●─────────────────────────────────▼····o················o",
        "│ │ │ └ issued 19 Jul                   │    │                └ expires 04 Feb",
        "│ │ └ submitted 18 Jul                  │    └ renewal due 10 Dec",
        "│ └ backed up 17 Jul                    └ today 24 Nov",
        "└ created 17 Jul",
    ]


def test_a_timeline_in_a_narrow_terminal() -> None:
    assert drawn(*LIFE, 36) == [
        "●─●─●─●──────▼·o····o",
        "│ │ │ │      │ │    └ expires 04 Feb",
        "│ │ │ │      │ └ renewal due 10 Dec",
        "│ │ │ │      └ today 24 Nov",
        "│ │ │ └ issued 19 Jul",
        "│ │ └ submitted 18 Jul",
        "│ └ backed up 17 Jul",
        "└ created 17 Jul",
    ]


def test_a_new_pair_has_an_open_end() -> None:
    line, *_ = drawn([mark("created", 0)], [], 40)
    assert line == "●─▼····································…"


def test_a_timeline_of_one_day_ends_with_its_last_mark() -> None:
    assert drawn([mark("created", 0)], [mark("expires", 0)], 40)[0] == "●─▼·o"


def test_past_events_are_before_today() -> None:
    line, words, *_ = drawn([mark("created", -300), mark("expired", -100)], [], 80)
    assert line.rindex("●") < line.index("▼")
    assert words.index("expired") < words.index("today")


def test_the_line_is_true_to_scale_with_enough_room() -> None:
    line = drawn([mark("created", -100)], [mark("expires", 100)], 200)[0]
    assert abs(line.index("▼") * 2 - (len(line) - 1)) <= 1


def test_without_room_for_dates_the_names_remain() -> None:
    past = [mark(name, at) for at, name in enumerate(["twenty letters or so"] * 9, -9)]
    assert drawn(past, [], MIN_WIDTH)[-1] == "└ twenty letters or so"


@table("width", [-1, 0, 1, MIN_WIDTH - 1])
def test_nothing_is_drawn_without_room(width: int) -> None:
    assert drawn(*LIFE, width) == []


def test_nothing_is_drawn_if_the_names_do_not_fit() -> None:
    assert drawn([mark("x" * 40, -1)], [], MIN_WIDTH) == []


days = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 4000)), max_size=8)


@given(past=days, coming=days, width=st.integers(MIN_WIDTH, 200))
def test_every_mark_is_drawn_in_order_and_no_labels_touch(
    past: list[tuple[str, int]], coming: list[tuple[str, int]], width: int
) -> None:
    before = [mark(name, -ago) for name, ago in sorted(past, key=lambda one: -one[1])]
    after = [mark(name, ahead) for name, ahead in sorted(coming, key=lambda one: one[1])]
    rows = draw_timeline(before, mark("today", 0), after, width)
    line, *below = texts(rows)
    columns = [at for at, character in enumerate(line) if character in GLYPHS]
    tones = [GLYPHS[line[at]] for at in columns]
    assert tones == [Tone.PAST] * len(before) + [Tone.TODAY] + [Tone.COMING] * len(after)
    assert all(len(text) <= width and text == text.rstrip() for text in (line, *below))
    hung = [(row, at) for row, text in enumerate(below) for at, cell in enumerate(text) if cell == "└"]
    assert sorted(at for _, at in hung) == columns, "each mark has words, once"
    for (row, at), one in zip(
        sorted(hung, key=lambda place: place[1]), [*before, mark("today", 0), *after], strict=True
    ):
        assert below[row][at + 2 :].startswith(one.name), "the words are the mark's own"
        assert all(below[above][at] == "│" for above in range(row)), "a stroke leads to them"
    for text in below:
        starts = [at for at, cell in enumerate(text) if cell in "│└"]
        for at in starts[1:]:
            assert text[at - 1] in " │└", "no words run into a stroke"


@given(past=days, width=st.integers(0, 200))
def test_pieces_have_the_tone_of_their_time(past: list[tuple[str, int]], width: int) -> None:
    before = [mark(name, -ago) for name, ago in sorted(past, key=lambda one: -one[1])]
    for row in draw_timeline(before, mark("today", 0), [], width):
        for piece in row:
            assert ("▼" in piece.text or "today" in piece.text) == (
                piece.tone is Tone.TODAY and "│" not in piece.text
            )


def test_few_events_are_on_one_line() -> None:
    past = [mark("created", -2), mark("backed up", -2), mark("issued", 0)]
    row = draw_one_line(past, mark("today", 0), [mark("due", 60)], 60)
    assert row is not None
    assert "".join(piece.text for piece in row) == "●created ●backed up 22 Nov ●issued ▼today ··o due 23 Jan"
    assert draw_one_line(past, mark("today", 0), [mark("due", 60)], 40) is None
