"""What the log can tell about response to displays."""
