"""`tocsin ui`: the same gate, approval and signing as at a terminal, as a page that this machine serves to itself only."""
