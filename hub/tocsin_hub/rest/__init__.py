"""The REST face: bytes in, bytes out. No SQL and no rule lives here; the shapes are in docs/reference/http.md."""
