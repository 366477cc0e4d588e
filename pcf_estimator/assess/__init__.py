"""Assessment: how wrong the estimator is about what it has not seen."""
