"""How good the rankings are: measures, baselines, calibration, by task, group and window."""
