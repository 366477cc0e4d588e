"""The business impact of a policy: observed, what if, and measured after a change."""
