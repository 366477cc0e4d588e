"""What held-out purchases say of a policy, beyond the measures of its slates."""
