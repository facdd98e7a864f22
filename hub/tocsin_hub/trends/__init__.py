"""Trends: exact counts over the records that this reader may read one by one, never over any other."""
