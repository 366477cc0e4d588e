"""Explanations: why a product has its figure, in sentences."""
