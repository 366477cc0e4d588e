"""Candidate generators: each proposes products to customers in one shape, and all are merged.

A generator answers with Proposals: long rows of customer, product and a score that means "more
likely" within that generator only. `propose` merges them and keeps, with each candidate, which
generators named it.
"""

from recommender.relevance.generators.merge import (
    CANDIDATES_PER_CUSTOMER,
    GENERATORS,
    Merged,
    Source,
    answers,
    merge_answers,
    propose,
)
from recommender.relevance.generators.shape import (
    Fitted,
    Models,
    Proposals,
    best,
    shortfall,
)

__all__ = [
    "CANDIDATES_PER_CUSTOMER",
    "GENERATORS",
    "Fitted",
    "Merged",
    "Models",
    "Proposals",
    "Source",
    "answers",
    "best",
    "merge_answers",
    "propose",
    "shortfall",
]
