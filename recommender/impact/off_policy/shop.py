"""The slates of a policy as of the time before a log of impressions begins."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates
from recommender.impact.off_policy.table import Impressions
from recommender.impact.off_policy.target import targets_from
from recommender.policy import Policy, baseline_policy
from recommender.policy_slates import table_of
from recommender.rerank.rerank import Shelves, rerank
from recommender.shop import Shop
from recommender.steps import scales_now
from recommender.tradeoff import Scales, baseline_scales, best_slates

TASK = "all"


def slates_before(shop: Shop, policy: Policy, log: Impressions) -> dict[str, pd.DataFrame]:
    """Slates of `policy` for all customers, by its name, from a history that ends before the log.

    Of the workspace's two sets of candidates (all purchases; those before the judging weeks) the
    later one whose purchases all lie before the first impression. Raises TableError where neither
    does: slates that know purchases of the log's own time would be judged by what they saw.
    """
    begins = pd.Timestamp(log.shown_at.min())
    if last_purchase(shop, shop.log.last_week) < begins:
        when, history = "now", shop.today
    else:
        when, history = "judge", shop.judging
        last = last_purchase(shop, shop.weeks.judge.history_until)
        if last >= begins:
            raise TableError(
                f"{log.where}: it begins on {begins:%Y-%m-%d}, but even the workspace's earlier "
                f"candidates know purchases until {last:%Y-%m-%d}; slates made before the log "
                f"began (--slates) were expected"
            )
    candidates = shop.candidates(when)
    shelves = Shelves.of(shop.products(history), history.log)
    ids = shop.log.ids.customers
    scales = scales_now(shop) if when == "now" else _scales(candidates, shelves, policy)
    made = rerank(candidates, shelves, policy, scales, TASK, customer_id=ids)
    everybody = np.arange(candidates.customers)
    return targets_from(table_of(made, TASK, everybody, shelves, ids), f"slates of {policy.name}")


def last_purchase(shop: Shop, week: int) -> pd.Timestamp:
    """When the last line of weeks up to `week` was bought."""
    first = pd.to_datetime(shop.workspace.table("tables", "purchases")["bought_at"]).min()
    days = shop.log.day[shop.log.week <= week].max()
    return pd.Timestamp(first).floor("D") + pd.Timedelta(days=float(days))


def _scales(candidates: Candidates, shelves: Shelves, policy: Policy) -> Scales:
    """Those of the baseline slates of the same time."""
    baseline = baseline_policy(policy.slate)
    shown = shelves.goods.may_be_shown[candidates.product]
    rows = best_slates(
        candidates.start, candidates.product, candidates.p_buy, shown, baseline.slate.n
    )
    return baseline_scales(rows, candidates, shelves.goods, baseline.slate.curve())
