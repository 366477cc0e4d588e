"""What if: a choice model of the shop, and what policies would do in it."""
