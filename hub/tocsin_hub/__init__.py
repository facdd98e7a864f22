"""The server of Tocsin: one door, one log, many readers. `app.create_app` puts it together, `cli` runs it."""
