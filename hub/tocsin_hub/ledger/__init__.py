"""The ledger: one append-only log, its proofs, and the readers that derive everything else from it."""
