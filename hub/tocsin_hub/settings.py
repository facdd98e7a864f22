"""The settings of a hub: one frozen class, each field with its unit, its default and why it is so.

Read once, in app.py or a command, from variables with the prefix TOCSIN_ (`TOCSIN_DIR`, `TOCSIN_PORT`, ...); options of
a command come in as overrides. Secrets are paths of files, never values. What a hub *is* (its origin and prefix) is no
setting: it lies in D/hub.json, written once by `init` (members/keyring.py).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

PREFIX = "TOCSIN_"


class Settings(BaseModel):
    """Everything an operator may set. Unknown variables are ignored, unknown overrides and bad values are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # fmt: off
    dir: Path = Field(Path("hub"), description="Directory D of the hub: keys, hub.json, policy.json and, with SQLite, hub.db.")
    database_url: str | None = Field(None, description="SQLAlchemy URL; empty = SQLite at D/hub.db. PostgreSQL: postgresql+psycopg://…")
    anchor: Path | None = Field(None, description="The anchor file; empty = the path kept in hub.json. Put it on another volume than the database.")
    host: str = Field("127.0.0.1", description="Address to bind; anything but loopback needs behind_proxy or TLS files.")
    port: int = Field(8400, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    behind_proxy: bool = Field(False, description="A proxy ends TLS in front of us, so a public bind in plain HTTP is meant.")
    tls_cert: Path | None = Field(None, description="PEM chain, if the hub ends TLS itself.")
    tls_key: Path | None = Field(None, description="PEM key that fits tls_cert.")
    max_body_bytes: int = Field(262_144, gt=0, description="Largest single request in bytes; an envelope of a full record is about 4 KB.")
    bulk_max_bytes: int = Field(8 * 1024 * 1024, gt=0, description="Largest bulk request in bytes.")
    bulk_max_lines: int = Field(100, gt=0, le=256, description="Lines per bulk request; more gains little and makes others wait.")
    token_ttl_s: int = Field(43_200, gt=0, description="Life of a reading token in seconds: one working day.")
    challenge_ttl_s: int = Field(120, gt=0, description="Seconds in which a login challenge must be answered.")
    certificate_days: int = Field(90, gt=0, description="Life of a pseudonym certificate in days; amending needs none, so it can be short.")
    request_ttl_days: int = Field(30, gt=0, description="Days an enrolment request waits for an authority before it is dropped.")
    erase_interval_s: int = Field(86_400, gt=0, description="Seconds between erase jobs, after which withdrawn bytes are gone from the files.")
    read_threads: int = Field(4, gt=0, description="Threads that answer queries; more than cores only queue for the GIL.")
    admit_processes: int | None = Field(None, ge=0, description="Extra processes that verify signatures; empty = under `serve` one if there are two cores, else none.")
    batch_max: int = Field(256, gt=0, description="Entries per append transaction; also the width of a tile.")
    batch_wait_ms: int = Field(2, ge=0, description="Pause in milliseconds in which the sequencer gathers company for an entry.")
    address_rate_per_s: float = Field(20.0, ge=0, description="Requests a second that one address may make without a good token, in the long run; 0 = no limit. This machine itself is not limited.")
    address_burst: int = Field(400, gt=0, description="Requests that one address may make at once after a pause.")
    reader_rate_per_s: float = Field(100.0, ge=0, description="Requests a second with the tokens of one organisation or author key, in the long run; 0 = no limit.")
    reader_burst: int = Field(1_000, gt=0, description="Requests that a reader may make at once after a pause.")
    member_rate_per_s: float = Field(1.0, ge=0, description="Attributed statements a second that one organisation may add, in the long run; 0 = no limit. Withdrawals are not counted.")
    member_burst: int = Field(5_000, gt=0, description="Statements that an organisation may add at once after a pause; an import of a whole corpus fits.")
    certificates_per_week: int = Field(20, ge=0, description="Author keys certified per organisation in seven days; 0 = no limit. Bounds how many one member can seem to be.")
    queue_max: int = Field(4_096, gt=0, description="Entries that may wait for the sequencer; beyond it the hub answers busy.")
    reader_batch: int = Field(64, gt=0, description="Entries per reader transaction when live; small, so the sequencer waits little.")
    reader_backlog_batch: int = Field(256, gt=0, description="Entries per reader transaction when far behind.")
    reader_pause_ms: int = Field(5, ge=0, description="Pause in milliseconds between reader transactions in a backlog; it also frees the GIL.")
    reader_coalesce_ms: int = Field(20, ge=0, description="Milliseconds a woken reader waits for more entries when live.")
    busy_timeout_ms: int = Field(30_000, ge=0, description="How long SQLite waits for a lock of another process; a net, the write gate is the rule.")
    thread_amends_max: int = Field(200, gt=0, description="Amendments per thread; bounds what one author can make readers redo.")
    graphql_max_cost: int = Field(2_000, gt=0, description="Cost points of one query (a list costs its `first`).")
    graphql_max_depth: int = Field(8, gt=0, description="Nesting of a query; introspection is not counted.")
    graphql_max_aliases: int = Field(15, gt=0, description="Aliases in one query.")
    graphql_max_tokens: int = Field(1_000, gt=0, description="Lexer tokens of one query; checked before it is parsed further.")
    graphql_deadline_ms: int = Field(5_000, gt=0, description="Milliseconds after which a query is given up.")
    contact: str | None = Field(None, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$", description="Mail address shown on the pages for problems with a record and for privacy; empty = none is shown.")
    metrics: bool | None = Field(None, description="Serve /metrics for Prometheus; empty = only if the hub is bound to this machine and no proxy stands in front.")
    log_format: Literal["key-value", "json"] = Field("key-value", description="One line per event: key=value, or a JSON object.")
    log_level: str = Field("INFO", description="Level of the stdlib logger; payloads are never logged at any level.")
    # fmt: on

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        # A bulk request goes to the sequencer as one; it must fit a batch, and a batch must fit the queue.
        if not self.bulk_max_lines <= self.batch_max <= self.queue_max:
            raise ValueError("bulk_max_lines <= batch_max <= queue_max is wanted")
        return self

    def metrics_on(self) -> bool:
        """Whether /metrics is served."""
        if self.metrics is not None:
            return self.metrics
        return not self.behind_proxy and is_loopback(self.host)

    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.dir.resolve() / 'hub.db'}"


def is_loopback(host: str) -> bool:
    """Whether an address to bind is reachable from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load(env: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from `env` (default: the process environment), overridden by every `overrides` value that is not None.

    Raises pydantic.ValidationError, which names the field and not the value: a database URL may hold a password.
    """
    source = os.environ if env is None else env
    values: dict[str, object] = {
        name: source[PREFIX + name.upper()] for name in Settings.model_fields if source.get(PREFIX + name.upper())
    }
    values.update({name: value for name, value in overrides.items() if value is not None})
    return Settings.model_validate(values)
