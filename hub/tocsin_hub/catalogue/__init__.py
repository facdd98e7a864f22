"""The catalogue: the newest version of every record, and the questions a reader may ask of it."""
