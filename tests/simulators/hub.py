"""A hub in memory that speaks the REST shapes, keeps a real Merkle log and signs real receipts, and can be told to lie.

`lies` holds what it does wrong from now on: wrong-root, wrong-leaf, other-hub, old-checkpoint, swapped-receipt, fork,
bad-certificate, error-500, busy, cut, slow, short-bulk, html, rewritten (entry 1 is another one from now on), no-consistency,
bad-consistency. `limits` holds Retry-After values: as many requests are answered 429. `serve()` puts it on a loopback port for the command line.
Long because it is one hub, and what each lie changes is best seen beside what an honest hub does.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import report
from tocsin_trust import certificate, documents, dsse, identity, keys, leaf, merkle, note, policy, receipt, statement
from tocsin_trust import errors as trust_errors

DAY_S = 86_400
AUTHORITY = "sim"


class RefusalError(Exception):
    """What the simulated hub answers instead of a success."""

    def __init__(self, status: int, code: str, where: str | None = None, *, retry_after: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.where, self.retry_after = status, code, where, retry_after


class HubSimulator:
    """One hub; `requests` lists (method, path, has token) of all that arrived."""

    def __init__(self, *, origin: str = "sim.example/log", now: int = 1_795_000_000) -> None:
        self.origin, self.now = origin, now
        self.root, self.log, self.certifier, self.authority = (keys.SigningKey.generate() for _ in range(4))
        self.lies: set[str] = set()
        self.requests: list[tuple[str, str, bool]] = []
        self.envelopes: list[bytes] = []
        self.leaves: list[bytes] = []
        self.by_digest: dict[str, int] = {}
        self.heads: dict[str, str] = {}  # any digest of a thread -> newest digest
        self.threads: dict[str, str] = {}  # any digest of a thread -> first digest
        self.withdrawn: set[str] = set()
        self.pending: dict[str, bytes] = {}
        self.orgs: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, dict[str, Any]] = {}  # of members: org, role, addedIndex, revokedIndex
        self.long_tokens: dict[str, dict[str, Any]] = {}
        self.certified: set[str] = set()
        self.tokens: dict[str, tuple[str, str]] = {}
        self.answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}  # GraphQL operation name -> data
        self.policy = self.make_policy(version=1)
        self.limits: list[str] = []
        self.day_size: Any = 0

    # --- keys and policy --------------------------------------------------------------------------------------------
    def make_policy(self, *, version: int, root: keys.SigningKey | None = None, expires: int | None = None) -> bytes:
        signer = root or self.root
        payload = policy.build(
            origin=self.origin,
            version=version,
            root=signer.public,
            issued_unix_s=self.now - DAY_S,
            expires_unix_s=expires or self.now + 365 * DAY_S,
            log_keys=[note.vkey(self.origin, self.log.public)],
            certificate_keys=[self.certifier.public],
            authorities={AUTHORITY: self.authority.public},
        )
        return policy.sign(payload, signer)

    @property
    def fingerprint(self) -> str:
        return policy.fingerprint_words(self.root.public)

    # --- the log ----------------------------------------------------------------------------------------------------
    def _node(self, leaves: list[bytes]) -> merkle.Node:
        hashes = [merkle.leaf_hash(data) for data in leaves]

        def node(level: int, index: int) -> bytes:
            return merkle.root_of(hashes[index << level : (index + 1) << level])

        return node

    def checkpoint(self, leaves: list[bytes] | None = None) -> str:
        held = self.leaves if leaves is None else leaves
        head = merkle.root_of([merkle.leaf_hash(data) for data in held])
        if "wrong-root" in self.lies:
            head = secrets.token_bytes(32)
        key = keys.SigningKey.generate() if "other-hub" in self.lies else self.log
        return note.sign_checkpoint(self.origin, len(held), head, key)

    def proof(self, index: int) -> str:
        leaves = self.shown_leaves(index)
        if (
            "old-checkpoint" in self.lies
        ):  # as a restored backup would: the log before the newest entries, ours put at the end
            leaves = [*self.leaves[:1], self.leaves[index]]
            index = 1
        if "fork" in self.lies:  # same size, another history
            leaves = [secrets.token_bytes(40) if i not in (0, index) else data for i, data in enumerate(leaves)]
        hashes = merkle.inclusion_proof(index, len(leaves), self._node(leaves))
        if "wrong-leaf" in self.lies and hashes:
            hashes = [*hashes[:-1], secrets.token_bytes(32)]
        return receipt.proof_text(index, hashes, self.checkpoint(leaves))

    def shown_leaves(self, index: int = -1) -> list[bytes]:
        """The leaves of the log, or of the other one that it shows since it lies; entry `index` is in both."""
        other = "rewritten" in self.lies and index != 1
        return [b"another entry" if other and i == 1 else data for i, data in enumerate(self.leaves)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        if "no-consistency" in self.lies or not 0 < old <= new <= len(self.leaves):
            raise RefusalError(400, "size-out-of-range")
        if "bad-consistency" in self.lies:
            return [secrets.token_bytes(32)]
        return merkle.consistency_proof(old, new, self._node(self.shown_leaves()[:new]))

    def receipt(self, digest: str) -> bytes:
        index = self.by_digest[digest]
        if "swapped-receipt" in self.lies:
            index = 0
        said = statement.read(dsse.unseal(self.envelopes[index]))
        chain: list[tuple[bytes, str]] = []
        if said.mode == "attributed" and said.cred in self.orgs:
            for at in sorted({self.orgs[said.cred]["enrolledIndex"], self.keys[said.kid]["addedIndex"]}):
                proof = self.proof(at) if "old-checkpoint" not in self.lies else self._old_proof(at)
                chain.append((self.envelopes[at], proof))
        return receipt.make(self.envelopes[index], self.proof(index), chain)

    def _old_proof(self, index: int) -> str:
        return receipt.proof_text(index, [], self.checkpoint(self.leaves[:1]))

    def append(self, envelope: bytes) -> tuple[int, str, bool]:
        """Check an envelope about as a hub does and put it in the log: (index, digest, replayed)."""
        try:
            opened = dsse.unseal(envelope)
            said = statement.read(opened)
            if said.aud != self.origin:
                raise RefusalError(403, "wrong-audience")
            digest = said.digest.hex()
            if digest in self.by_digest:
                return self.by_digest[digest], digest, True
            statement.check_time(said, self.now)
            self._admit(said)
        except (trust_errors.TrustError, taxonomy_errors.TaxonomyError) as exc:
            raise RefusalError(422, exc.code, exc.where) from exc
        self.envelopes.append(envelope)
        self.leaves.append(leaf.text(opened, said))
        index = len(self.leaves) - 1
        self.by_digest[digest] = index
        first = self.threads.get(said.prev or "", digest)
        self.threads[digest] = first
        for known, thread in self.threads.items():
            if thread == first:
                self.heads[known] = digest
        if said.kind == "withdraw":
            self.withdrawn.add(first)
        self._move_keys(said, index)
        return index, digest, False

    def _move_keys(self, said: statement.Statement, index: int) -> None:
        body = said.body
        if said.kind == "enrol":
            for key, role in ((body["key"], "operational"), (body["root"], "root")):
                self.keys[key] = {"org": body["org"], "role": role, "addedIndex": index, "revokedIndex": None}
        elif said.kind == "key-add":
            self.keys[body["key"]] = {
                "org": body["org"],
                "role": body["role"],
                "addedIndex": index,
                "revokedIndex": None,
            }
        elif said.kind == "key-revoke":
            self.keys[body["key"]]["revokedIndex"] = index
        elif said.kind == "suspend":
            self.orgs[body["org"]]["suspendedIndex"] = index
        if said.kind in ("key-revoke", "suspend"):
            self.tokens = {token: who for token, who in self.tokens.items() if who[1] != body["org"]}

    def _require_member(self, kid: str, org: str, *, kind: str = "") -> None:
        """Refuse unless `kid` is a good key of `org` that may say this."""
        row = self.keys.get(kid)
        if row is None or row["org"] != org or org not in self.orgs:
            raise RefusalError(403, "author-unknown")
        if row["revokedIndex"] is not None:
            raise RefusalError(403, "key-revoked")
        if self.orgs[org]["suspendedIndex"] is not None and kind not in ("withdraw", "key-revoke"):
            raise RefusalError(403, "org-suspended")
        wanted = (
            ("root",)
            if kind in ("key-add", "suspend")
            else ("root", "operational")
            if kind == "key-revoke"
            else ("operational",)
        )
        if row["role"] not in wanted:
            raise RefusalError(403, "wrong-role")

    def _admit(self, said: statement.Statement) -> None:
        if said.kind == "enrol":
            return
        if said.prev is not None:
            if said.prev not in self.threads:
                raise RefusalError(404, "thread-unknown")
            if self.heads[said.prev] != said.prev:
                raise RefusalError(409, "stale-prev")
            if said.mode == "attributed":
                self._require_member(said.kid, said.cred, kind=said.kind)
        elif said.mode == "attributed":
            self._require_member(said.kid, said.cred, kind=said.kind)
            if said.kind == "key-add":
                identity.read_key_add(said)
        elif said.kid not in self.certified:
            raise RefusalError(403, "certificate-invalid")
        if said.kind in report.MODELS:
            report.parse(said.kind, said.body, mode=said.mode)

    def enrol_all(self) -> int:
        """Do what an operator with the authority key does: enrol all pending requests."""
        for org, envelope in list(self.pending.items()):
            asked = documents.read_enrolment_request(envelope, self.origin)
            body = {
                "org": org, "kind": asked.kind, "key": asked.key.hex, "root": asked.root.hex, "sector": asked.sector,
                "region": asked.region, "agreement": asked.agreement, "demo": asked.demo, "grant": None,
                "request": base64.b64encode(envelope).decode(),
            }  # fmt: skip
            payload = statement.build(
                kind="enrol", aud=self.origin, mode="attributed", kid=self.authority.public.hex, cred=f"authority:{AUTHORITY}",
                iat_unix_s=self.now, prev=None, dir=None, body=body,
            )  # fmt: skip
            index, _, _ = self.append(dsse.seal(statement.payload_type("enrol"), payload, self.authority))
            self.orgs[org] = {
                "org": org, "kind": asked.kind, "sector": asked.sector, "region": asked.region, "key": asked.key.hex,
                "agreement": asked.agreement, "demo": asked.demo, "enrolledIndex": index, "suspendedIndex": None, "name": None,
            }  # fmt: skip
            del self.pending[org]
        return len(self.orgs)

    # --- the face ---------------------------------------------------------------------------------------------------
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.requests.append((request.method, request.url.path, bool(token)))
        if "cut" in self.lies:
            raise httpx.ReadError("cut", request=request)
        if "slow" in self.lies:
            raise httpx.ReadTimeout("slow", request=request)
        if "html" in self.lies:
            return httpx.Response(200, html="<h1>captive portal</h1>")
        if "error-500" in self.lies:
            return _problem(RefusalError(500, "internal"))
        try:
            if self.limits:
                raise RefusalError(429, "rate-limited", retry_after=self.limits.pop(0))
            if "busy" in self.lies:
                raise RefusalError(503, "busy")
            return self._route(request, token)
        except RefusalError as refusal:
            return _problem(refusal)

    def _route(self, request: httpx.Request, token: str) -> httpx.Response:
        method, path, body = request.method, request.url.path, request.content
        simple: dict[tuple[str, str], Callable[[bytes, str], httpx.Response]] = {
            ("POST", "/v1/enrolments"): self._enrolments,
            ("POST", "/v1/pseudonyms"): self._pseudonyms,
            ("POST", "/v1/login/challenge"): lambda _b, _t: httpx.Response(200, json={"nonce": "n" * 32, "expiresUnixS": self.now + 120}),
            ("POST", "/v1/login"): self._login,
            ("DELETE", "/v1/login"): lambda _b, t: (self.tokens.pop(t, None), httpx.Response(204))[1],
            ("POST", "/graphql"): self._graphql,
            ("GET", "/.well-known/tocsin/policy.json"): lambda _b, _t: httpx.Response(200, content=self.policy),
            ("GET", "/v1/directory"): lambda _b, _t: httpx.Response(200, json={"asOf": len(self.leaves), "daySize": self.day_size, "members": [_public(o) for o in self.orgs.values()]}),
            ("GET", "/healthz"): lambda _b, _t: httpx.Response(200, json={"ok": True}),
            ("GET", "/v1/log/checkpoint"): lambda _b, _t: httpx.Response(200, text=self.checkpoint(self.shown_leaves())),
            ("GET", "/v1/log/consistency"): lambda _b, _t: self._consistency(request),
        }  # fmt: skip
        if (method, path) in simple:
            return simple[method, path](body, token)
        if (method, path) == ("POST", "/v1/submissions"):
            bulk = request.headers["content-type"] == "application/x-ndjson"
            return self._bulk(body) if bulk else self._single(body)
        if method == "GET" and path.startswith("/v1/directory/"):
            org = path.rsplit("/", 1)[1]
            if org not in self.orgs:
                raise RefusalError(404, "not-found")
            listed = [{"key": key, **row} for key, row in self.keys.items() if row["org"] == org]
            return httpx.Response(200, json={**_public(self.orgs[org]), "keys": listed})
        if path.startswith("/v1/tokens"):
            return self._tokens(method, path, body, token)
        if method == "GET" and path.startswith("/v1/enrolments/"):
            waiting = {documents.read_enrolment_request(e, self.origin).digest.hex() for e in self.pending.values()}
            if path.rsplit("/", 1)[1] not in waiting:
                raise RefusalError(404, "request-unknown")
            return httpx.Response(200, json={"digest": path.rsplit("/", 1)[1], "state": "pending"})
        if method == "GET" and path.startswith("/v1/submissions/"):
            return self._status(path.rsplit("/", 1)[1], token)
        raise RefusalError(404, "not-found")

    def _consistency(self, request: httpx.Request) -> httpx.Response:
        old, new = (int(request.url.params[name]) for name in ("old", "new"))
        hashes = [each.hex() for each in self.consistency(old, new)]
        return httpx.Response(200, json={"old": old, "new": new, "hashes": hashes})

    def _single(self, envelope: bytes) -> httpx.Response:
        index, digest, replayed = self.append(envelope)
        headers = {"Tocsin-Index": str(index), "Tocsin-Digest": digest, "Tocsin-Replayed": str(replayed).lower()}
        return httpx.Response(200 if replayed else 201, content=self.receipt(digest), headers=headers)

    def _bulk(self, body: bytes) -> httpx.Response:
        rows: list[dict[str, Any]] = []
        for number, line in enumerate(body.splitlines(), 1):
            try:
                index, digest, replayed = self.append(line)
                rows.append(
                    {
                        "line": number,
                        "status": 200 if replayed else 201,
                        "index": index,
                        "digest": digest,
                        "replayed": replayed,
                    }
                )
            except RefusalError as refusal:
                rows.append(
                    {
                        "line": number,
                        "status": refusal.status,
                        "code": refusal.code,
                        "where": refusal.where,
                        "hint": "",
                        "digest": None,
                    }
                )
        for row in rows:
            if row["digest"]:
                row["receipt"] = json.loads(self.receipt(row["digest"]))
        if "short-bulk" in self.lies:
            rows = rows[:-1]
        rows.append({"checkpoint": self.checkpoint(), "accepted": 0, "refused": 0})
        return httpx.Response(200, content=b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    def _status(self, digest: str, token: str) -> httpx.Response:
        if token not in self.tokens:
            raise RefusalError(401, "token-invalid" if token else "login-required")
        if digest not in self.threads:
            raise RefusalError(404, "not-found")
        first = self.threads[digest]
        said = statement.read(dsse.unseal(self.envelopes[self.by_digest[first]]))
        if self.tokens[token][1] not in (said.kid, said.cred):
            raise RefusalError(404, "not-found")
        head = self.heads[first]
        return httpx.Response(200, json={
            "digest": digest, "thread": first, "kind": said.kind, "mode": said.mode, "index": self.by_digest[digest],
            "state": "withdrawn" if first in self.withdrawn else "published", "reason": None, "firstIndex": self.by_digest[first],
            "headIndex": self.by_digest[head], "headDigest": head, "amends": 0, "recordId": "TOC-I-2026-000001", "asOf": len(self.leaves),
        })  # fmt: skip

    def _enrolments(self, body: bytes, token: str) -> httpx.Response:
        envelope = base64.b64decode(json.loads(body)["envelope"])
        asked = documents.read_enrolment_request(envelope, self.origin)
        if asked.org not in self.orgs:
            self.pending[asked.org] = envelope
        return httpx.Response(202, json={"digest": asked.digest.hex(), "org": asked.org, "state": "pending"})

    def _pseudonyms(self, body: bytes, token: str) -> httpx.Response:
        asked = documents.read_pseudonym_request(body, self.origin)
        self._require_member(asked.key.hex, asked.org)
        until = statement.round_day(self.now + 90 * DAY_S)
        signer = keys.SigningKey.generate() if "bad-certificate" in self.lies else self.certifier
        text = certificate.issue(aud=self.origin, author_key=asked.author_key.hex, not_after_unix_s=until, key=signer)
        self.certified.add(asked.author_key.hex)
        return httpx.Response(201, json={"certificate": text, "notAfterUnixS": until})

    def _login(self, body: bytes, token: str) -> httpx.Response:
        asked = documents.read_login(body, self.origin)
        row = self.keys.get(asked.key.hex)
        if row is not None and row["revokedIndex"] is not None:
            raise RefusalError(403, "key-revoked")
        owners = [row["org"]] if row is not None else []
        if not owners and asked.key.hex not in self.certified:
            raise RefusalError(403, "author-unknown")
        made = secrets.token_urlsafe(24)
        self.tokens[made] = ("org", owners[0]) if owners else ("author", asked.key.hex)
        kind, subject = self.tokens[made]
        return httpx.Response(
            201, json={"token": made, "expiresUnixS": self.now + 43_200, "subjectKind": kind, "subject": subject}
        )

    def _tokens(self, method: str, path: str, body: bytes, token: str) -> httpx.Response:
        if token not in self.tokens:
            raise RefusalError(401, "token-invalid" if token else "login-required")
        if method == "POST":
            asked, made = json.loads(body), secrets.token_hex(8)
            row = {
                "id": made,
                "label": asked["label"],
                "createdUnixS": self.now,
                "expiresUnixS": self.now + asked["days"] * DAY_S,
            }
            self.long_tokens[made] = row
            return httpx.Response(201, json={**row, "token": f"tok-{secrets.token_hex(16)}"})
        if method == "DELETE":
            if self.long_tokens.pop(path.rsplit("/", 1)[1], None) is None:
                raise RefusalError(404, "not-found")
            return httpx.Response(204)
        return httpx.Response(200, json={"tokens": list(self.long_tokens.values())})

    def _graphql(self, body: bytes, token: str) -> httpx.Response:
        if token and token not in self.tokens:
            raise RefusalError(401, "token-invalid")
        asked = json.loads(body)
        name = asked["query"].split("query ", 1)[1].split("(", 1)[0].split("{", 1)[0].strip()
        if name not in self.answers:
            return httpx.Response(
                200,
                json={"data": None, "errors": [{"message": "no", "extensions": {"code": "not-found", "status": 404}}]},
            )
        return httpx.Response(200, json={"data": self.answers[name](asked["variables"])})

    @contextlib.contextmanager
    def serve(self) -> Iterator[str]:
        """Serve on a loopback port for as long as the block runs; gives the address."""
        simulator = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                request = httpx.Request(
                    self.command, f"http://localhost{self.path}", headers=dict(self.headers), content=content
                )
                try:
                    answer = simulator.handle(request)
                except httpx.TransportError:
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name not in ("content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _public(org: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in org.items() if name != "key"}


def _problem(refusal: RefusalError) -> httpx.Response:
    body = {"type": f"urn:tocsin:error:{refusal.code}", "title": "", "status": refusal.status, "code": refusal.code,
            "hint": f"hint for {refusal.code}", "where": refusal.where, "requestId": "sim"}  # fmt: skip
    headers = {"content-type": "application/problem+json"}
    if refusal.retry_after:
        headers["Retry-After"] = refusal.retry_after
    return httpx.Response(refusal.status, content=json.dumps(body), headers=headers)
