"""The re-ranker: the best slates for all shoppers at once under shared limits, with a proof."""
