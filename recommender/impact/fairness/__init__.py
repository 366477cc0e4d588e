"""Who pays for a policy: prices at equal use, and who is made worse off."""
