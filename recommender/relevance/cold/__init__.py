"""Cold start: products hardly sold, and customers without history."""
