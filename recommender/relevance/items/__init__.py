"""Item models: what was learned about products, and customers folded in."""
