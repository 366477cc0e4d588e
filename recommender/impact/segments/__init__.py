"""What a policy does to each kind of household."""
