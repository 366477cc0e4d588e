"""Devices and durable goods: figures per unit, from what makers declare."""
