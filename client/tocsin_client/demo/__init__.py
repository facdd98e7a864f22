"""The walk-through of a whole hub from the members' side: `python -m tocsin_client.demo --hub URL --dir D --json-lines`.

`tocsin-hub demo` starts it as a child; the two meet only over HTTP and by one JSON object a line on standard output.
All organisations, approvals and first-person drafts in it are invented and marked demo; the imported incidents are real.
"""
