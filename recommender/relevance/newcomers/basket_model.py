"""p_buy and q_buy of a typed-in basket: a purchase model that has seen one basket of each customer.

The shop's own purchase model takes a single basket for a household that hardly shops, and says a
fifth of what is then seen. So households that shop are cut down to their last basket before a
cutoff, join the rest of the log as visitors, and what they really bought later is the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates, Ints
from recommender.history import History, Shelf
from recommender.log import Log, audit_customers, distinct_rows
from recommender.relevance.features import features
from recommender.relevance.generators import GENERATORS, Fitted, Merged, propose
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.labels import Labelled, labelled
from recommender.relevance.newcomers.basket import Basket, basket_history
from recommender.relevance.newcomers.visitors import WithVisitors, with_visitors
from recommender.relevance.p_buy import PurchaseModel, score
from recommender.splits import Window

VISITORS = 300  # or an eighth of the households, so that the crowd stays what it is
RECENT_WEEKS = 4  # who types in a basket shops now
STAPLES, STAPLE_WEEKS = 200, 4.0
FOLDER = "basket_model"  # beside the item models; the model saves itself there


@dataclass(frozen=True, kw_only=True)
class BasketAnswer:
    """A typed-in basket's candidates, and the history in which it is the last customer."""

    candidates: Candidates
    history: WithVisitors

    @property
    def customer(self) -> int:
        return self.history.log.customers - 1


def answer_basket(
    history: History, basket: Basket, models: ItemModels, model: PurchaseModel, store: int = -1
) -> BasketAnswer:
    """Candidates for `basket` with calibrated chances; all other customers have none.

    `models` are the item models of the last fit, `model` is what `fit_basket_model` learned.
    """
    visited = basket_history(history, basket, store)
    fitted = Fitted(visited, models.fold_in(visited.taste()))
    rows = with_staples(fitted, propose(fitted))
    names, values = features(fitted, rows)
    model.refuse_other(names)
    return BasketAnswer(candidates=score(model, fitted, rows, values), history=visited)


def fit_basket_model(
    log: Log,
    shelf: Shelf,
    learn: Sequence[Window],
    calibrate: Window,
    rng: np.random.Generator,
    visitors: int = VISITORS,
) -> PurchaseModel:
    """A purchase model for customers of one basket, learned and corrected on earlier windows.

    `visitors` households, no audit household among them, stand outside all that is counted or
    learned from the others; the item models are those of the first window, since they need no
    customer. Raises TableError where the visitors of a window bought nothing.
    """
    windows = sorted((*learn, calibrate), key=lambda window: window.first)
    first = History(log.until(windows[0].history_until), shelf)
    households = choose_visitors(first, visitors, rng)
    models: ItemModels | None = None
    rows: dict[Window, Labelled] = {}
    for window in windows:
        history = History(log.until(window.history_until), shelf)
        visited, later = last_baskets(history, log, households)
        models = models or ItemModels.learn(visited.before.taste())
        fitted = Fitted(visited, models.fold_in(visited.taste()))
        candidates = with_staples(fitted, propose(fitted))
        rows[window] = labelled(fitted, later, window, rows=candidates)
    model = PurchaseModel(trees=150, depth=4).fit([rows[window] for window in learn])
    correction = rows[calibrate]
    return model.calibrate(correction, np.ones(len(correction.bought), np.bool_))


def with_staples(fitted: Fitted, rows: Merged) -> Merged:
    """`rows` and, behind them, what most households bought of late and is not among them.

    What a household tries next is not what everybody has at home; but of a visitor most purchases
    are new only because nobody saw the old ones.
    """
    history, width = fitted.history, np.int64(fitted.history.log.products)
    crowd = np.where(history.universe.products, history.households(STAPLE_WEEKS), 0.0)
    top = np.lexsort((np.arange(width), -crowd))[:STAPLES]
    staples = (fitted.served[:, None] * width + top[crowd[top] > 0]).ravel()
    staples = staples[~history.log.has_bought(staples // width, staples % width)]
    key = np.concatenate([rows.customer * width + rows.product, staples])
    bit = np.int64(1) << list(GENERATORS).index("popular")
    source = np.concatenate([rows.source, np.full(len(staples), bit)])
    first = distinct_rows(key)[1]
    kept = first[np.lexsort((first, key[first] // width))]
    return Merged(customer=key[kept] // width, product=key[kept] % width, source=source[kept])


def choose_visitors(history: History, most: int, rng: np.random.Generator) -> Ints:
    """At most `most` and an eighth of the served households, ascending; no audit household."""
    log = history.log
    may = history.universe.customers & ~audit_customers(log.ids.customers)
    count = min(most, int(history.universe.customers.sum()) // 8)
    return np.sort(rng.permutation(np.flatnonzero(may))[:count])


def last_baskets(history: History, log: Log, households: Ints) -> tuple[WithVisitors, Log]:
    """`history` with `households` as visitors, and `log` with their lines under those numbers.

    Each visitor has its last basket of the last four weeks, as if bought at the end of `history`;
    the rest of what `households` bought is taken out. Those without such a basket are left out.
    Raises TableError where nobody is left.
    """
    past, known = history.log, history.log.customers
    chosen = np.isin(past.customer, households)
    before = History(past.where(~chosen), history.shelf)
    mine = past.where(chosen & (past.week > past.last_week - RECENT_WEEKS))
    if len(mine) == 0:
        raise TableError(
            f"purchases: in weeks {past.last_week - RECENT_WEEKS + 1} to {past.last_week} none of "
            f"{len(households)} households bought anything, so no basket can be learned from"
        )
    last = np.full(known, -1, np.int64)
    last[mine.customer] = mine.basket  # lines are in the order of time
    mine = mine.where(mine.basket == last[mine.customer])
    visitors = np.unique(mine.customer)
    number = np.arange(known)
    number[visitors] = known + np.arange(len(visitors))
    names = np.array([f"visitor {k}" for k in range(len(visitors))], dtype=object)
    ids = replace(log.ids, customers=np.concatenate([log.ids.customers, names]))
    # no store and no price paid: a typed-in basket tells neither
    own = replace(
        mine,
        ids=ids,
        customer=number[mine.customer],
        day=np.full(len(mine), before.end_day - 0.5),
        week=np.full(len(mine), past.last_week),
        store=np.full(len(mine), -1, np.int64),
        paid=mine.quantity * before.price[mine.product],
        discount=np.full(len(mine), np.nan),
    )
    return with_visitors(before, own), replace(log, ids=ids, customer=number[log.customer])
