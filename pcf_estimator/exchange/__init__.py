"""Exchange: publishers' files and suppliers' declarations in, verified figures out.

Publishers' figures (`publishers`) are evidence about goods. Suppliers' declarations (`pact`),
matched to a catalogue (`matching`) and judged (`verified`), are figures of one product each.
"""
