"""A test of a policy: arms, drawn places with their chances, its size, and a rehearsal."""
