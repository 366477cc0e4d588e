"""Other people's re-rankers, run in an environment of their own, on instances made here."""
