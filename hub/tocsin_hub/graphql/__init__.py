"""The GraphQL face: the hub's main interface for reading, with every limit that keeps one query from starving the rest."""
