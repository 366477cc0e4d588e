"""A new week of purchases: added whole or refused whole, and nobody is learned anew."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.history import History, Shelf
from recommender.log import read_log
from recommender.relevance.generators import Fitted, propose
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.newcomers.update import add_purchases, update_workspace
from recommender.workspace import Workspace, WorkspaceError, write_table

IDS = pd.Series(["p", "q"])


def lines(*rows, weeks=True):
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "bought_at", "week"])
    frame["bought_at"] = pd.to_datetime(frame["bought_at"]).astype("datetime64[us]")
    frame["week"] = frame["week"].astype("Int64")
    return frame if weeks else frame.drop(columns="week")


@pytest.fixture
def standing():
    return lines(("b", "p", "2024-01-01 10:00", 1), ("d", "q", "2024-01-09 10:00", 2))


def test_later_weeks_stand_behind_what_stood(standing):
    new = lines(
        ("b", "q", "2024-01-16 10:00", 3),
        ("c", "q", "2024-01-16 11:00", 3),
        ("c", "p", "2024-01-30 11:00", 5),
    )
    added = add_purchases(standing, new, IDS)
    assert added.purchases["customer_id"].tolist() == ["b", "d", "b", "c", "c"]
    assert added.purchases["week"].tolist() == [1, 2, 3, 3, 5]
    assert added.facts == {
        "lines": 3,
        "customers": 2,
        "new_customers": 1,
        "from": "2024-01-16 10:00:00",
        "until": "2024-01-30 11:00:00",
        "weeks": [3, 5],
        "weeks_without_lines": [4],
        "columns_missing": [],
    }
    assert len(standing) == 2, "the caller's table stays as it was"


def test_a_week_that_stands_already_is_refused_with_its_count(standing):
    new = lines(("b", "q", "2024-01-16 10:00", 3), ("b", "q", "2024-01-10 10:00", 2))
    with pytest.raises(TableError, match=r"row 2 .*in week 2.*stands at week 2.*1 such row"):
        add_purchases(standing, new, IDS)


def test_the_same_update_twice_is_refused(standing):
    new = lines(("b", "q", "2024-01-16 10:00", 3))
    once = add_purchases(standing, new, IDS).purchases
    with pytest.raises(TableError, match="stands at week 3 already"):
        add_purchases(once, new, IDS)


def test_a_later_week_of_an_earlier_time_is_refused(standing):
    new = lines(("b", "q", "2023-05-05 10:00", 3))
    with pytest.raises(TableError, match="reaches 2024-01-09 10:00 already"):
        add_purchases(standing, new, IDS)


def test_without_weeks_later_means_a_later_time(standing):
    standing = standing.drop(columns="week")
    new = lines(("b", "q", "2024-01-09 10:01", 0), weeks=False)
    assert len(add_purchases(standing, new, IDS).purchases) == 3
    same = lines(("b", "q", "2024-01-09 10:00", 0), weeks=False)
    with pytest.raises(TableError, match=r"reaches 2024-01-09 10:00 already \(1 such row\)"):
        add_purchases(standing, same, IDS)


@pytest.mark.parametrize("with_weeks", ["standing", "new"])
def test_weeks_are_told_in_both_tables_or_in_none(standing, with_weeks):
    new = lines(("b", "q", "2024-01-16 10:00", 3))
    tables = [standing.drop(columns="week"), new]
    if with_weeks == "standing":
        tables = [standing, new.drop(columns="week")]
    with pytest.raises(TableError, match="tell no week"):
        add_purchases(*tables, IDS)


def test_unknown_products_and_times_to_come_are_refused(standing):
    with pytest.raises(TableError, match=r"row 1 \(product_id x\).*1 such row"):
        add_purchases(standing, lines(("b", "x", "2024-01-16", 3)), IDS)
    new = lines(("b", "q", "2024-01-16 10:00", 3))
    with pytest.raises(TableError, match=r"taken on 2024-01-15.*1 such row"):
        add_purchases(standing, new, IDS, as_of=date(2024, 1, 15))


def test_a_column_that_the_new_lines_lack_stays_empty_and_is_named(standing):
    standing["store_id"] = pd.Series(["s", "t"], dtype="str")
    new = lines(("b", "q", "2024-01-16 10:00", 3)).assign(quantity=2.0)
    added = add_purchases(standing, new, IDS)
    assert added.facts["columns_missing"] == ["store_id"]
    assert added.purchases["store_id"].isna().tolist() == [False, False, True]
    assert np.isnan(added.purchases["quantity"].iloc[0])
    assert added.purchases["quantity"].iloc[2] == 2


@pytest.fixture
def workspace(made_up_shop, tmp_path):
    """A workspace that was fitted up to week 29, with the least of files that an update meets."""
    catalogue, purchases = made_up_shop
    standing = purchases[purchases["week"] <= 29].reset_index(drop=True)
    workspace = Workspace(tmp_path / "shop")
    with workspace.replacing("tables", "t", {"shop": "made up"}) as folder:
        write_table(folder / "catalogue.parquet", catalogue)
        write_table(folder / "purchases.parquet", standing)
    with workspace.replacing("footprints", "f", {}, ["tables"]) as folder:
        needs = catalogue[["product_id"]].assign(need=catalogue["category"])
        write_table(folder / "needs.parquet", needs)
    log = read_log(standing, catalogue["product_id"])
    taste = History(log, Shelf.of(catalogue, catalogue["category"])).taste()
    with workspace.replacing("relevance", "r", {"kept": 1}, ["tables"]) as folder:
        ItemModels.learn(taste).save(folder, catalogue["product_id"].to_numpy(object))
        (folder / "model").mkdir()
        (folder / "model" / "settings.json").write_text("{}")
        for name in ("candidates_now", "candidates_judge"):
            write_table(folder / f"{name}.parquet", pd.DataFrame({"customer": [0]}))
    return workspace


def proposals(workspace, made_up_shop):
    """Everyone's candidates from the longer log, by item models learned before its last week."""
    catalogue = made_up_shop[0]
    shelf = Shelf.of(catalogue, catalogue["category"])
    kept = workspace.path("relevance", "item_models.npz").parent
    models = ItemModels.load(kept, catalogue["product_id"].to_numpy(object))

    def propose_now(log):
        history = History(log, shelf)
        rows = propose(Fitted(history, models.fold_in(history.taste())), 20)
        return {"candidates_now": pd.DataFrame(vars(rows))}, {"in_force": {"now": "made up"}}

    return propose_now


def week_30(made_up_shop):
    """The last week, and with it a customer whose id sorts before all others."""
    purchases = made_up_shop[1]
    new = purchases[purchases["week"] == 30].reset_index(drop=True)
    return pd.concat([new, new[:6].assign(customer_id="a-newcomer", basket_id="n")])


def test_an_update_serves_everyone_from_the_longer_log(workspace, made_up_shop):
    models = (workspace.folder / "relevance" / "item_models.npz").read_bytes()
    propose_now = proposals(workspace, made_up_shop)
    facts = update_workspace(workspace, week_30(made_up_shop), "purchases", propose_now)
    assert facts["new_customers"] == 1
    assert facts["weeks"] == [30]
    purchases = workspace.table("tables", "purchases")
    log = read_log(purchases, made_up_shop[0]["product_id"])
    assert log.ids.customers[0] == "a-newcomer", "and everyone else has moved by one"
    assert log.last_week == 30
    now = workspace.table("relevance", "candidates_now")
    # one basket is too little to be served from history
    assert sorted(now["customer"].unique()) == list(range(1, 81))
    repeat = (now["source"].to_numpy() & 1) == 1
    bought = log.has_bought(now["customer"].to_numpy(), now["product"].to_numpy())
    assert np.array_equal(repeat, bought), "as the longer log has it"
    assert (workspace.folder / "relevance" / "item_models.npz").read_bytes() == models
    assert (workspace.folder / "relevance" / "model" / "settings.json").exists()
    assert workspace.facts("tables")["shop"] == "made up"
    assert workspace.facts("tables")["updates"] == [facts]
    assert workspace.facts("relevance")["kept"] == 1
    assert workspace.facts("relevance")["in_force"] == {"now": "made up"}
    assert len(workspace.table("footprints", "needs")) == 36
    assert workspace.changed_files() == []
    with pytest.raises(WorkspaceError, match=r"candidates_judge.*greenaisle fit makes it"):
        workspace.table("relevance", "candidates_judge")
    assert not workspace.is_current("relevance", "r"), "the next fit learns"


def test_updates_follow_one_another(workspace, made_up_shop):
    propose_now = proposals(workspace, made_up_shop)
    new = week_30(made_up_shop)
    update_workspace(workspace, new, "purchases", propose_now)
    later = new.assign(week=31, bought_at=new["bought_at"] + pd.Timedelta(days=7))
    update_workspace(workspace, later, "purchases", propose_now)
    assert [u["weeks"] for u in workspace.facts("tables")["updates"]] == [[30], [31]]


def test_a_refused_update_leaves_everything_as_it_stands(workspace, made_up_shop):
    before = workspace.manifest()
    late = week_30(made_up_shop).assign(week=29)
    with pytest.raises(TableError, match="stands at week 29 already"):
        update_workspace(workspace, late, "purchases", proposals(workspace, made_up_shop))
    assert workspace.manifest() == before
    assert workspace.changed_files() == []


def test_an_update_that_fails_halfway_leaves_everything_as_it_stands(workspace, made_up_shop):
    def fail(_):
        raise MemoryError

    before = workspace.manifest()
    with pytest.raises(MemoryError):
        update_workspace(workspace, week_30(made_up_shop), "purchases", fail)
    assert workspace.manifest() == before
    assert workspace.changed_files() == []
