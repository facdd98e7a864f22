"""What each step of the page does on this machine: a form becomes a draft, a preview, an approval, a receipt.

There is no second way out: `review` is `Hub.preview`, `sign` is `Preview.approve` and `Hub.submit` (or `Hub.amend`), and
`sign` takes only the SHA-256 of the preview that the page was shown last. The passphrase stays in this object's memory.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tocsin_client import errors, joining
from tocsin_client.draft import MAX_FILE_BYTES, Draft
from tocsin_client.hub import Hub
from tocsin_client.receipts import Receipt
from tocsin_client.redact import approval, gate
from tocsin_client.redact.preview import Preview
from tocsin_client.ui import form as forms
from tocsin_client.ui import keeping, shown, words
from tocsin_client.vault import PASSPHRASE_ENV
from tocsin_trust import receipt as trust_receipt
from tocsin_trust import statement

Answer = dict[str, Any]
Ask = Callable[[], str]
OpenHub = Callable[[Ask], Hub]
_LOCKED = ("key-locked", "passphrase-needed")


class Sitting:
    """One person at the page. `open_hub` makes a Hub that asks the given function for the passphrase."""

    def __init__(self, open_hub: OpenHub) -> None:
        self._open_hub = open_hub
        self._passphrase: str | None = None
        self._hub = open_hub(self._secret)
        self._hub.vault.profile()  # SetupError not-joined before a browser opens
        keeping.require_own(self._hub.vault.path)
        self._lock = threading.RLock()
        self._kept = keeping.Kept(self._hub.vault.path)
        self._base: Draft | None = self._kept.read()
        self._form: forms.Form | None = None
        self._mode = "pseudonymous"
        self._thread: dict[str, Any] | None = None  # the record that a new version is written of
        self._fresh: Preview | None = None  # before decisions
        self._preview: Preview | None = None  # as it was shown last
        self._decided: dict[tuple[str, int, str], tuple[str, str]] = {}
        self._widen = (False, False)
        self._receipt: Receipt | None = None
        self.calls: dict[str, Callable[[dict[str, Any], str], Answer]] = {
            "state": self._state, "keep": self._keep, "load": self._load, "file": self._file, "anew": self._anew,
            "check": self._check, "review": self._review, "decide": self._decide, "sign": self._sign, "resend": self._resend,
            "receipt": self._bundle, "amend": self._amend, "withdraw": self._withdraw, "end": lambda _given, _lang: {},
        }  # fmt: skip

    def close(self) -> None:
        """Close connections and forget the passphrase."""
        self._passphrase = None
        self._hub.close()

    def answer(self, name: str, given: dict[str, Any], lang: str) -> Answer:
        """Answer one call of the page; ClientError for what the person must know."""
        with self._lock:
            try:
                return self.calls[name](given, lang)
            except errors.SetupError as exc:
                if exc.code in _LOCKED:
                    self._forget()
                raise

    # --- the passphrase ---------------------------------------------------------------------------------------------
    def _secret(self) -> str:
        if self._passphrase is None:
            raise errors.SetupError("passphrase-needed", "the keys are encrypted")
        return self._passphrase

    def _forget(self) -> None:
        """A wrong passphrase must not stay: a fresh Hub asks again."""
        self._passphrase = None
        self._hub.close()
        self._hub = self._open_hub(self._secret)

    def _take_passphrase(self, given: dict[str, Any], lang: str) -> None:
        """Before anything is signed: the passphrase, if one is needed, and the language of what the hub says."""
        typed = given.get("passphrase")
        if isinstance(typed, str) and typed:
            self._passphrase = typed
        if self._asks_passphrase():
            raise errors.SetupError("passphrase-needed", words.say("problem.passphrase", lang))
        self._hub.lang = lang

    def _asks_passphrase(self) -> bool:
        protected = self._hub.vault.profile().get("key_protection") == "passphrase"
        return protected and self._passphrase is None and not os.environ.get(PASSPHRASE_ENV)

    # --- state, draft -----------------------------------------------------------------------------------------------
    def _state(self, given: dict[str, Any], lang: str) -> Answer:
        profile = self._hub.vault.profile()
        return {
            "words": words.all_in(lang), "origin": str(profile.get("origin", profile["url"])), "org": str(profile["org"]),
            "asksPassphrase": self._asks_passphrase(), "mode": self._mode, "amending": self._thread_title(),
            "mine": keeping.mine(self._hub.vault, lang), **self._draft_shown(lang),
            "receipt": self._receipt_shown(self._receipt, lang) if self._receipt else None,
            "reviewed": self._preview is not None, "waiting": len(self._hub.outbox.waiting()),
        }  # fmt: skip

    def _draft_shown(self, lang: str) -> Answer:
        base = self._base
        if self._form is None:
            self._form = forms.from_draft(base, lang) if base else forms.empty(lang)
        kind = base.kind if base else "incident"
        return {"form": self._form, "kind": kind, "beside": forms.beside(base) if base else []}

    def _thread_title(self) -> str:
        return str(self._thread.get("title", "")) if self._thread else ""

    def _draft(self, given: dict[str, Any], lang: str) -> Draft:
        """The draft of the form that the page sent, kept on this machine."""
        self._form = forms.read(given.get("form"), lang)
        draft = forms.to_draft(self._form, self._base)
        if self._thread is None:
            self._kept.write(draft)
        return draft

    def _keep(self, given: dict[str, Any], lang: str) -> Answer:
        self._draft(given, lang)
        return {}

    def _load(self, given: dict[str, Any], lang: str) -> Answer:
        text = given.get("text")
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else b""
        if len(raw) > MAX_FILE_BYTES:
            raise errors.InvalidError("oversize", words.say("draft.large", lang))
        draft = Draft.parse(raw, language=lang)
        self._begin(draft, thread=self._thread)
        return self._draft_shown(lang)

    def _file(self, given: dict[str, Any], lang: str) -> Answer:
        draft = self._draft(given, lang)
        return {"name": f"{draft.kind}-draft.yaml", "text": draft.as_yaml()}

    def _anew(self, given: dict[str, Any], lang: str) -> Answer:
        """Begin again: with nothing if the draft is to be discarded, else with what is kept of an unsent one."""
        if given.get("discard") is True:
            self._kept.remove()
        self._begin(self._kept.read(), thread=None)
        return self._state(given, lang)

    def _begin(self, base: Draft | None, *, thread: dict[str, Any] | None) -> None:
        self._base, self._thread, self._form = base, thread, None
        self._mode = str(thread["mode"]) if thread else "pseudonymous"
        self._fresh = self._preview = self._receipt = None
        self._decided, self._widen = {}, (False, False)

    # --- steps 1 to 3 -----------------------------------------------------------------------------------------------
    def _check(self, given: dict[str, Any], lang: str) -> Answer:
        """What is wrong in the fields of one step."""
        draft = self._draft(given, lang)
        fields = forms.STEP_1 if given.get("step") == 1 else (*forms.STEP_1, *forms.STEP_2, "")
        found = [p for p in forms.problems(draft, self._mode) if p[0] in fields]
        return {"problems": [shown.problem(*p, lang) for p in found]}

    def _review(self, given: dict[str, Any], lang: str) -> Answer:
        """The gate: preview in a mode, with the decisions that still fit."""
        draft = self._draft(given, lang)
        if self._thread is None:
            mode = str(given.get("mode") or self._mode)
            gate.require_mode(mode)
            self._mode = mode
        found = forms.problems(draft, self._mode)
        if found:
            self._fresh = self._preview = None
            return {"problems": [shown.problem(*p, lang) for p in found]}
        before = self._preview.sha256 if self._preview else None
        self._receipt = None
        self._fresh = self._hub.preview(draft, mode=self._mode)
        answer = self._decided_on(lang)
        return {**answer, "changed": before is not None and before != answer["preview"]["sha256"]}

    def _decide(self, given: dict[str, Any], lang: str) -> Answer:
        fresh = self._require_preview()
        made = given.get("decisions")
        for span in fresh.spans:
            choice = made.get(span.id) if isinstance(made, dict) else None
            if isinstance(choice, list) and len(choice) == 2 and all(isinstance(part, str) for part in choice):
                self._decided[span.path, span.start, span.text] = (choice[0], choice[1])
        if "regulators" in given:
            self._widen = (given["regulators"] is True, given.get("everybody") is True)
        return self._decided_on(lang)

    def _require_preview(self) -> Preview:
        if self._fresh is None:
            raise errors.GateError("approval-void", "nothing was reviewed", hint="")
        return self._fresh

    def _decided_on(self, lang: str) -> Answer:
        """The fresh preview with decisions and readers applied; what may not be decided so stays open, and is said."""
        fresh = self._require_preview()
        seen, refused = fresh, {}
        for span in fresh.spans:
            action, reason = self._decided.get((span.path, span.start, span.text), ("", ""))
            if action not in approval.ACTIONS or (action == "keep" and not reason.strip()):
                continue
            try:
                seen = seen.decide({span.id: action}, {span.id: reason})
            except errors.GateError as exc:
                refused[span.id] = exc.code
        may = {one.group: one.may_read for one in fresh.audience}
        if shown.askable(fresh):
            seen = seen.widen(regulators=self._widen[0], everybody=self._widen[1])
        self._preview = seen
        asked = {"regulators": may["regulators"], "everybody": may["public"]}
        chosen = {"regulators": self._widen[0], "everybody": self._widen[1]}
        return {"preview": shown.preview(seen, lang), "fixed": asked, "chosen": chosen, "refused": refused}

    # --- step 4 -----------------------------------------------------------------------------------------------------
    def _sign(self, given: dict[str, Any], lang: str) -> Answer:
        """Approve the bytes that were shown, sign, send. Only what the page was shown last can be signed."""
        self._require_preview()
        seen = self._preview
        if seen is None or given.get("sha256") != seen.sha256 or given.get("mode") != seen.mode:
            raise errors.GateError("approval-void", "the bytes are not those that were shown")
        if given.get("agreed") is not True:
            raise errors.GateError("not-approved", words.say("problem.agreed", lang))
        self._take_passphrase(given, lang)
        approved = seen.approve(by=str(given.get("by") or ""))
        before = {item.id for item in self._hub.outbox.waiting()}
        try:
            if self._thread is not None:
                return self._got(self._hub.amend(str(self._thread["thread"]), approved), lang)
            return self._got(self._hub.submit(approved, again=given.get("again") is True), lang)
        except (errors.UnreachableError, errors.TooOftenError):
            waiting = self._hub.outbox.waiting()
            sha = approved.sha256.encode()
            if not any(item.id not in before or sha in (item.approval or b"") for item in waiting):
                raise
            return {"receipt": None, "waiting": len(waiting), "mine": keeping.mine(self._hub.vault, lang)}

    def _got(self, got: Receipt, lang: str) -> Answer:
        if self._thread is None and got.kind != "withdraw":
            self._kept.remove()
        self._receipt = got
        self._fresh = self._preview = None
        return {"receipt": self._receipt_shown(got, lang), "mine": keeping.mine(self._hub.vault, lang)}

    def _resend(self, given: dict[str, Any], lang: str) -> Answer:
        """Send what waits in the outbox; the last receipt, if any."""
        self._take_passphrase(given, lang)
        got = self._hub.resend()
        if not got:
            return {
                "receipt": None,
                "waiting": len(self._hub.outbox.waiting()),
                "mine": keeping.mine(self._hub.vault, lang),
            }
        return self._got(got[-1], lang)

    # --- step 5 -----------------------------------------------------------------------------------------------------
    def _receipt_shown(self, got: Receipt, lang: str) -> Answer:
        path: Path = self._hub.vault.path / "receipts" / f"{got.digest}.json"
        return {
            "digest": got.digest, "thread": got.thread, "index": got.index, "size": got.tree_size, "origin": got.origin,
            "kind": got.kind, "mode": got.mode, "replayed": got.replayed, "path": str(path),
            "says": trust_receipt.explain(self._verified(got.bundle), lang).splitlines(),
        }  # fmt: skip

    def _verified(self, bundle: bytes) -> trust_receipt.Verified:
        return trust_receipt.verify(bundle, joining.pinned_policy(self._hub.vault))

    def _newest(self, thread: dict[str, Any]) -> tuple[str, bytes]:
        digest = str(thread["digests"][-1])
        bundle = self._hub.vault.receipt(digest)
        if bundle is None:
            raise errors.SetupError("no-receipt", "this profile has no receipt of this record")
        return digest, bundle

    def _bundle(self, given: dict[str, Any], lang: str) -> Answer:
        """The receipt of a record of ours, verified once more, as a file."""
        thread = self._hub.thread(str(given.get("record") or ""))
        digest, bundle = self._newest(thread)
        self._hub.verify(bundle)
        return {"name": f"receipt-{digest[:16]}.json", "text": bundle.decode("utf-8")}

    def _amend(self, given: dict[str, Any], lang: str) -> Answer:
        """Begin a new version: the newest body, from our own verified receipt, becomes the draft."""
        thread = self._hub.thread(str(given.get("record") or ""))
        said = self._verified(self._newest(thread)[1]).statement
        if said.kind not in (*statement.CONTENT_KINDS, "amend"):
            raise errors.ConflictError("thread-withdrawn", "this record is withdrawn")
        self._begin(Draft(str(thread["kind"]), dict(said.body)), thread=thread)
        return self._state(given, lang)

    def _withdraw(self, given: dict[str, Any], lang: str) -> Answer:
        self._take_passphrase(given, lang)
        return self._got(self._hub.withdraw(str(given.get("record") or ""), str(given.get("reason") or "")), lang)
