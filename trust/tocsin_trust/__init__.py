"""How anyone can check anything: envelopes, log entries, proofs and receipts, with no network, clock or database.

Import the modules and name them at the call: `from tocsin_trust import dsse`, then `dsse.unseal(envelope)`.
    bytes in, meaning out   jsonstrict · keys · dsse · statement · certificate · documents
    the log                 leaf · merkle · tiles · note
    what to believe         policy · keystate · receipt
Every refusal is a `TrustError` with a stable code. What is promised and what is not stands in trust/README.md.
"""

from tocsin_trust.errors import CODES, TrustError

__all__ = ["CODES", "TrustError"]
