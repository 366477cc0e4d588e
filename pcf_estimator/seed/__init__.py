"""The seed: published figures compiled into one table of concepts."""
