"""Product carbon footprints: from a small seed database to a catalogue, with ranges and tiers.

This package knows products, not shoppers. Start at `estimate.py` (catalogue in, footprints out);
`seed.py` holds what is known, `model.py` how it is extrapolated, `assess.py` how well.
"""
