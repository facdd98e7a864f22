"""Figures: a table of counts becomes a finding in words, a table, and a picture; all from the same numbers.

How a page makes one (sync; run it in the pool that reads the database):

    gallery = gallery.Gallery(hub="name of this hub")        # one per hub process, holds the caches
    fig = gallery.show(session, columns, viewer, asked, kind="trends", lang="en", permalink=url, checkpoint=size)
    [fig] = gallery.hang([fig])                              # the drawings; all figures of a page at once, no database needed
    gallery.file(fig, form="png", theme="dark")              # framed SVG or PNG to take away; needs no `hang`
    sheet.text(fig, bom=True)                                # CSV

`asked` is the page's `trends.query.TrendQuery`; its `by` is not looked at. Figures of the public reader are kept while neither log nor
filter changes, drawings while no number changes. Kinds: `trends` (one panel per category), `heat` (category by sector), `matrix`
(cause to harm), `responses` (reach of each response; give `responses=`), `regions` and `sectors` (ranks).

How a page shows one:

- `trends`: `fig.panels`, each `<figure><figcaption>{label} {layer pill}</figcaption>{svg|safe}</figure>` in `.small`; the CSS grid
  decides how many stand in a row, so text never shrinks and there is no second drawing for phones; `fig.legend` is the key (`line`, `provisional`).
- `responses`, `regions`, `sectors`: `ul.rows`, first `fig.ticks` as the axis, then one `li` per panel: label (a link by `code`),
  svg, `text` bold and `note` small.
- `heat`, `matrix`: a real table from `columns` and `rows`; `cell.css` is `q0` to `q5` (q0: nothing there); `fig.legend` is the scale.
- every kind: `headline` as heading, `measure` below it, `coverage` and `method` in the note, `columns` and `rows` in `<details>`.

Drawings carry presentation attributes, so a saved one stands alone, and the classes of `figures.css`, so the page's tokens re-theme
them. They are decoration (`aria-hidden`): the figure's label is `fig.alt`. If drawing fails, `panel.svg` is empty and the rest stands.
"""
