"""What a policy costs to run, and the price of carbon at which it pays."""
