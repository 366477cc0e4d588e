"""Stand-ins: what could take a product's place, and why."""
