"""What a customer will buy: candidates, features, and calibrated chances."""
