"""From a purchase log to ranked, explained and measured lists, balanced between stakeholders.

Read in the order of the work: `ingest.py` (tables in), `splits.py` (which weeks teach and which
judge), `generators.py` and `p_buy.py` (relevance), `tradeoff.py` (the re-ranker), `backtest.py`.
"""
