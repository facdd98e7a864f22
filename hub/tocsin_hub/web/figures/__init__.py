"""Figures: a table of counts becomes a finding in words, a table, and a picture; all from the same numbers.

How a page makes one (every step is sync; run it in the pool that reads the database):

    asked = figure.needs("trends", query)                                  # which tables the figure is made of
    tables = [trends.query.table(session, columns, viewer, q) for q in asked]
    fig = figure.build("trends", tables, lang="en", now_unix_s=now, permalink=url, hub=name)
    [fig] = studio.draw([fig], theme="dark")                               # fig.svg and fig.narrow; one child, cached
    studio.file(fig, theme="light", form="png")                            # framed, to take away
    csv.text(fig, bom=True)

Kinds: `trends` (small multiples by category), `heat` (category by sector), `matrix` (cause to harm), `responses` (reach of each
response), `regions` and `sectors` (ranks). `heat` and `matrix` have no picture on the page: their cells carry the shade classes
`q0` to `q5` and the page writes a real table; they do have framed files.

A page shows a picture as `<picture>`: `fig.narrow` below 640 px, `theme` by prefers-color-scheme; the `alt` is `fig.alt`. If the
child fails, `svg` is None, and the page shows the table alone: nothing else depends on the picture.
"""
