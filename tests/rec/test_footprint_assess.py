"""`greenaisle footprint assess`: what was found is kept and said, and a blend that lost is told."""

import json

import pytest

from recommender.cli import GATE, main
from recommender.workspace import Workspace


@pytest.mark.parametrize(("keeps_blend", "code"), [(True, 0), (False, GATE)])
def test_the_assessment_is_kept_and_the_gate_says_whether_the_blend_won(
    keeps_blend, code, monkeypatch, capsys, tmp_path
):
    found = {"seed": {"keeps_blend": keeps_blend}, "asked": {}, "left_out": {}}

    def assess_all(folder, progress):
        progress("folds [1 of 5]")
        return found | {"folder": str(folder)}

    monkeypatch.setattr("pcf_estimator.assess.everything.assess_all", assess_all)
    (tmp_path / "footprints").mkdir()
    (tmp_path / "footprints" / "a.csv").touch()
    monkeypatch.setenv("GREENAISLE_SOURCES", str(tmp_path))
    command = ["greenaisle", "footprint", "assess", "--workspace", str(tmp_path / "shop"), "--json"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code or 0) == code
    said, told = capsys.readouterr()
    assert json.loads(said) == found | {"folder": str(tmp_path)}
    kept = Workspace(tmp_path / "shop").path("assessment", "assessment.json")
    assert json.loads(kept.read_text(encoding="utf-8")) == json.loads(said)
    assert ("category mean" in told) is not keeps_blend
