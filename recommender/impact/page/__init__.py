"""The backtest's report as one HTML page."""
