"""Spend: kg CO2e per dollar of an industry, where nothing nearer is known."""
