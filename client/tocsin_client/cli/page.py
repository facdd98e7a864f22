"""ui: the five steps of a report as a page of this machine's own, for people who use no terminal."""

from typing import Annotated

import typer

from tocsin_client.cli.voice import Voice


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command()(ui)


def ui(
    ctx: typer.Context,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address instead of opening a browser.")
    ] = False,
    idle_minutes: Annotated[int, typer.Option(min=1, max=720, help="End after so many minutes without use.")] = 30,
) -> None:
    """Report, approve and sign in a browser; the page is served to this machine only and ends by itself."""
    import threading
    import webbrowser

    from tocsin_client.hub import Hub
    from tocsin_client.ui import server, steps

    said: Voice = ctx.obj

    def open_hub(ask: steps.Ask) -> Hub:
        return Hub(said.hub_url, profile=said.profile, lang=said.lang, ask_passphrase=ask)

    sitting = steps.Sitting(open_hub)
    try:
        page = server.Server(sitting, lang=said.lang, idle_s=idle_minutes * 60)
        serving = threading.Thread(target=page.serve, name="page")
        serving.start()
        try:
            if no_browser or not webbrowser.open(page.address):
                said.data({"address": page.address}, page.address)
                said.note("ui.open")
            else:
                said.note("ui.opened")
            while serving.is_alive():
                serving.join(0.2)
        except KeyboardInterrupt:
            pass  # Ctrl-C is the way to end it from here
        finally:
            page.end()
            serving.join()
        said.note("ui.ended")
    finally:
        sitting.close()
