"""Repeats: what the customer bought before, by how often, how long ago and whether it is due."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats
from recommender.history import Habit
from recommender.log import DAYS_A_WEEK
from recommender.relevance.generators.shape import Fitted, Proposals, best

# Log odds that a product bought before is bought in the next four weeks: a logistic regression on
# weeks 41-44 (history until 40) without audit households. By itself the decay of visits over 16
# weeks finds .790 of the repeats of weeks 45-48 among 200 a household, this one .813.
LEVEL = -1.94
VISITS, SINCE, OVERDUE, BOUGHT_AGAIN = 1.16, -0.41, -0.13, 0.35
CROWD_4_WEEKS, CROWD_12_WEEKS = 0.29, -0.19  # together: what sells more of late


def repeats(fitted: Fitted, n: int) -> Proposals:
    """What the customer bought before: the score is the log odds that it is bought again.

    They grow with the logs of visits, of the product's own repurchase rate and of its present
    buyers; they fall with the log of weeks since, and once more when it is later than usual.
    """
    history = fitted.history
    habit = history.by_product
    customer, product = habit.key // habit.groups, habit.key % habit.groups
    since = (history.end_day - habit.last_day) / DAYS_A_WEEK
    score = (
        LEVEL
        + VISITS * np.log(habit.visits)
        + SINCE * np.log(since + 0.5)
        + OVERDUE * np.maximum(np.log(due(habit, history.end_day)), 0.0)
        + BOUGHT_AGAIN * np.log(buys_again(habit))[product]
        + CROWD_4_WEEKS * np.log1p(history.households(4.0))[product]
        + CROWD_12_WEEKS * np.log1p(history.households(12.0))[product]
    )
    keep = history.universe.products[product] & history.universe.customers[customer]
    return best(customer[keep], product[keep], score[keep], n)


def due(habit: Habit, end_day: float) -> Floats:
    """Days since the last purchase over the usual days between two: 1 when it is just due.

    1 too where one purchase tells no usual gap; gaps under half a week count as half a week.
    """
    gap = (habit.last_day - habit.first_day) / np.maximum(habit.visits - 1.0, 1.0)
    since = np.maximum(end_day - habit.last_day, 1e-3)
    ratio = since / np.maximum(gap, 0.5 * DAYS_A_WEEK)
    return np.where(habit.visits > 1, ratio, 1.0)


def buys_again(habit: Habit) -> Floats:
    """Per product, the share of its buyers who bought it on another visit, shrunk to the mean.

    The mean counts as much as five buyers, so a product with one buyer says little.
    """
    product = habit.key % habit.groups
    buyers = np.bincount(product, minlength=habit.groups)
    again = np.bincount(product, weights=habit.visits > 1, minlength=habit.groups)
    mean = again.sum() / max(buyers.sum(), 1)
    # a shop without a single repeat: some small share, whose log is a number
    return (again + 5.0 * max(mean, 1e-3)) / (buyers + 5.0)
