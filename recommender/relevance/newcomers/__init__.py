"""Who joins later: typed-in baskets, visitors to a history, and new weeks of purchases."""
