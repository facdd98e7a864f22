"""The store: tables, the session with the only transaction end of the hub, and the migrations."""
