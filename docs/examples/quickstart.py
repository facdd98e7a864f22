"""Report, verify, pull: the SDK in fifteen lines. Needs TOCSIN_HUB_URL and a profile that has joined (`tocsin init`)."""

import os

from tocsin_client import Draft, Hub

with Hub(os.environ["TOCSIN_HUB_URL"]) as hub:
    draft = Draft.incident(
        title="Cloned voice asked a clerk for a transfer", occurred="2024-Q1", severity=(0, 4),
        summary="A caller with a director's cloned voice left the number +44 20 7946 0958. A call back stopped it.",
        ai_contribution="yes", ai_role="tool-of-harm", system_class="tocsin-system-class@2026-11:speech-or-audio",
        sector="isic@4:K", region="un-m49@2024:030",
        risk_tags=["caict-2024@2024-12:derived.individual-organisation.criminal-use"],
    )  # fmt: skip
    preview = hub.preview(draft)  # the exact bytes, what needs a decision, who could read them
    approved = preview.approve(by="CISO", decisions={span.id: "replace" for span in preview.open})
    receipt = hub.submit(approved)  # signed and sent; the receipt is verified before you see it
    print(f"log index {hub.verify(receipt).index}, digest {receipt.digest}")
    print(hub.trends(by=["category"]))  # counted over everything that you may read
