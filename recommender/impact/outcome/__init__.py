"""What a change did, measured on a panel, and how large a panel it takes to see it."""
