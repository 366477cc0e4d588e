"""The README's tables say what an assessment found."""

from benchmarks.documents import COLUMNS, METHODS, SPLITS, assessment_lines, put, target_lines
from pcf_estimator.assess.asked import figure


def test_the_readme_quotes_the_headline_split_and_the_hardest_one() -> None:
    scores = {**dict.fromkeys(COLUMNS, 0.4567), "coverage": None}
    splits = {split: dict.fromkeys(METHODS, scores) for split in ("random", *SPLITS)}
    lines = assessment_lines({"seed": {"name": "seed", "splits": splits}, "across": {}})
    assert len(lines) == 2 + len(SPLITS) * len(METHODS)
    assert lines[2].startswith("| seed | grouped | median | 0.457 | 0.457 |")
    assert not any("random" in line for line in lines)
    assert {line.count("|") for line in lines} == {4 + len(COLUMNS)}


def test_the_readme_says_of_each_promise_whether_it_is_kept() -> None:
    asked = {"foods: pairs": figure(0.7312, least=0.72, beside={"median": 0.5})}
    lines = target_lines({"asked": asked})
    assert lines[2:] == ["| foods: pairs | at least 0.72 | 0.731 | yes | median 0.500 |"]
    marks = "<!-- footprint-targets: {} -->"
    readme = f"before\n{marks.format('begin')}\nold\n{marks.format('end')}\nafter"
    assert put(readme, "footprint-targets", lines) == readme.replace("old", "\n".join(lines))
