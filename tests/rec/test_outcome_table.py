"""Panels as files: what they may hold, and one clear message where they cannot be used."""

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.impact.outcome.outcome import Trust, measure
from recommender.impact.outcome.table import NEVER, Names, panel_from
from recommender.impact.outcome.words import verdict

WEEKS = ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26")


def rows_of(units: int = 4, weeks=WEEKS) -> pd.DataFrame:
    count = len(weeks)
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{unit}" for unit in range(units)], count),
            "week": list(weeks) * units,
            "spend": np.arange(units * count, dtype=np.float64),
            "treated": np.repeat(np.arange(units) % 2, count),
        }
    )


def test_a_flag_per_unit_takes_the_first_period_at_or_after_the_start():
    panel = panel_from(rows_of(), Names(), "2026-01-14")
    assert panel.first.tolist() == [NEVER, 2, NEVER, 2]
    assert panel.outcome[1].tolist() == [4, 5, 6, 7]
    assert panel.periods == WEEKS


def test_a_flag_per_row_is_its_own_start():
    rows = rows_of(weeks=(1, 2, 3))
    rows["treated"] = [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1]
    assert panel_from(rows, Names()).first.tolist() == [NEVER, 1, NEVER, 2]


def test_each_unit_may_have_a_start_of_its_own():
    rows = rows_of()
    rows["treated"] = np.repeat([None, "2026-01-12", None, "2026-01-20"], 4)
    assert panel_from(rows, Names()).first.tolist() == [NEVER, 1, NEVER, 3]
    weeks = rows_of(weeks=(10, 11, 12))
    weeks["treated"] = np.repeat([0, 11, 0, 40], 3)  # 40 lies after the panel
    assert panel_from(weeks, Names()).first.tolist() == [NEVER, 1, NEVER, NEVER]


def test_units_treated_from_the_outset_are_left_out_and_told():
    rows = rows_of(weeks=(1, 2, 3))
    rows["treated"] = np.repeat([0, 1, 0, 3], 3)
    panel = panel_from(rows, Names())
    assert panel.units.tolist() == ["c0", "c2", "c3"]
    assert panel.notes == (
        "1 of 4 customers were treated in all their rows and are left out: nothing says what they "
        "did before.",
    )


def test_markets_are_treated_and_judged_as_a_whole():
    rows = rows_of(units=8, weeks=(1, 2, 3))
    rows["city_id"] = np.repeat(["A", "A", "B", "B", "C", "C", "D", "D"], 3)
    rows["treated"] = rows["city_id"].isin(["A", "B"]).astype(int)
    names = Names(market="city_id")
    panel = panel_from(rows, names, "3")
    assert panel.units.tolist() == ["A", "B", "C", "D"]
    # by hand: customers c0 and c1 of city A spend 0, 1, 2 and 3, 4, 5
    assert panel.outcome[0].tolist() == [1.5, 2.5, 3.5]
    found = measure(panel)
    assert found.trust is Trust.NOT_TO_BE_TRUSTED
    assert "2 cities treated, 2 cities never treated" in verdict(found)


def test_a_treatment_inside_a_market_would_count_twice_and_is_refused():
    rows = rows_of(units=4)
    rows["city_id"] = np.repeat(["A", "A", "B", "B"], 4)
    with pytest.raises(TableError, match=r"city_id A holds both treated and untreated .*2 such"):
        panel_from(rows, Names(market="city_id"), WEEKS[2])


def changed(**columns) -> pd.DataFrame:
    return rows_of().assign(**columns)


def at(column: str, row: int, value) -> pd.DataFrame:
    rows = rows_of().astype({column: object})
    rows.loc[row, column] = value
    return rows


FAULTS = {
    "no such column": (rows_of().drop(columns="spend"), WEEKS[2], "no column spend; found"),
    "no rows": (rows_of().iloc[:0], WEEKS[2], "the table holds no rows"),
    "empty outcome": (
        at("spend", 5, np.nan),
        WEEKS[2],
        r"row 6 \(customer_id c1, week 2026-01-12\): spend is empty",
    ),
    "words as outcome": (at("spend", 5, "much"), WEEKS[2], "spend is much, but a number"),
    "two rows": (
        pd.concat([rows_of(), rows_of().iloc[[3]]]),
        WEEKS[2],
        r"row 17 \(customer_id c0, week 2026-01-26\): this unit has an earlier row.*1 such row",
    ),
    "no date": (rows_of(), "soon", "start is soon, but a time like the periods of this panel"),
    "a week for dates": (rows_of(), "3", "start is 3, but a time like"),
    "no start": (rows_of(), None, "says who is treated but not since when"),
    "late": (rows_of(), "2027-01-01", "the panel ends with 2026-01-26"),
    "early": (rows_of(), WEEKS[0], "not identified without a period before the start"),
    "two starts": (at("treated", 4, WEEKS[1]), WEEKS[2], "already says when each unit's"),
    "nobody": (changed(treated=0), WEEKS[2], "no customer is treated"),
    "everybody": (changed(treated=1), WEEKS[2], "all 4 customers are treated from 2026-01-19 on"),
    "ends": (
        changed(treated=[0, 0, 0, 0, 0, 1, 1, 0] * 2),
        None,
        r"row 8 \(customer_id c1, week 2026-01-26\): its treatment has ended.*2 such rows",
    ),
    "neither": (changed(treated="maybe"), None, "treated is maybe, but 0 or 1, or the start"),
    "different starts": (
        changed(treated=[None] * 4 + [WEEKS[1]] * 2 + [WEEKS[2]] * 2 + [None] * 8),
        None,
        "this unit has 2 different starts",
    ),
    "all from the outset": (
        changed(treated=[None] * 4 + [WEEKS[0]] * 4 + [None] * 8),
        None,
        "not identified: no treated customer has a row before its start",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_panel_that_cannot_be_used_is_refused_with_the_reason(fault):
    rows, start, message = FAULTS[fault]
    with pytest.raises(TableError, match=message):
        panel_from(rows, Names(), start)


def test_one_column_cannot_play_two_parts():
    with pytest.raises(TableError, match="column week is named for two different parts"):
        panel_from(rows_of(), Names(outcome="week"), WEEKS[2])


def test_units_never_seen_together_cannot_be_compared():
    rows = rows_of(weeks=(1, 2, 3, 4))
    rows = rows[(rows["week"] <= 2) == rows["customer_id"].isin(["c0", "c1"])]
    rows["treated"] = ((rows["customer_id"] == "c1") & (rows["week"] == 2)).astype(int)
    with pytest.raises(TableError, match="2 parts that share no unit and no period"):
        measure(panel_from(rows, Names()))
