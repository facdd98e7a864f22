"""enrolments, enrol, decline, suspend: an authority's acts on organisations, signed here and sent through the one door.

The hub process does not hold this key: it lies wherever the operator keeps it.
"""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin_hub.cli.voice import CONFLICT, PARTLY, REFUSED, USAGE, AsJson, Lang, Stop, Voice, plain, speaking

HubUrl = Annotated[str, typer.Option("--hub", envvar="TOCSIN_HUB_URL", help="Address of the running hub. 中心地址。")]
AuthorityKey = Annotated[
    Path,
    typer.Option("--authority-key", envvar="TOCSIN_AUTHORITY_KEY", help="Key file written by init. 注册机构密钥文件。"),
]
DEFAULT_HUB = "http://127.0.0.1:8400"
DECLINE_REASONS = ("unknown-organisation", "duplicate", "incomplete", "not-eligible", "other")
GRANT_NEEDED = (
    "A regulator needs --grant-sector and --grant-region: which records it may read. It still waits.",
    "监管机构须给出 --grant-sector 与 --grant-region（可读取记录的范围）。其申请仍在等待。",
)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (enrolments, enrol, decline, suspend):
        app.command()(command)


def enrolments(
    authority_key: AuthorityKey,
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """List the requests that wait for an authority. 列出待处理的注册申请。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        with doorbell.Doorbell(hub, lang) as bell:
            waiting = pending(bell, doorbell.read_key(authority_key))
        rows = [
            f"{r['digest'][:16]}  {r['kind']:<13} {r['org']}  {r['sector']}  {r['region']}  {r['name'] or ''}"
            for r in waiting
        ]
        voice.done({"requests": waiting}, "\n".join(rows) or voice.pick("Nobody waits.", "没有待处理的申请。"))


def enrol(
    authority_key: AuthorityKey,
    requests: Annotated[
        list[Path] | None, typer.Argument(help="Request files, if they did not come over HTTP. 申请文件。")
    ] = None,
    all_pending: Annotated[
        bool, typer.Option("--all-pending", help="Enrol everybody who waits. 处理全部待定申请。")
    ] = False,
    digest: Annotated[
        list[str] | None, typer.Option(help="Enrol one waiting request, by the start of its digest. 按摘要前缀。")
    ] = None,
    grant_sector: Annotated[list[str] | None, typer.Option(help="Regulators: sector code or *. 监管授权行业。")] = None,
    grant_region: Annotated[list[str] | None, typer.Option(help="Regulators: region code or *. 监管授权地区。")] = None,
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Enrol organisations: sign each with the authority key and send it through the door. 注册组织。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        grant = _grant(grant_sector, grant_region)
        key = doorbell.read_key(authority_key)
        with doorbell.Doorbell(hub, lang) as bell:
            envelopes = [_read_request(path) for path in requests or []]
            if all_pending or digest:
                waiting = pending(bell, key)
                chosen = waiting if all_pending else [_one(waiting, start) for start in digest or []]
                envelopes += [envelope_of(request) for request in chosen]
            elif not envelopes:
                raise Stop(USAGE, "nothing-to-do", "Name a request FILE, --digest or --all-pending.")
            report(voice, enrol_each(bell, key, envelopes, grant))


def suspend(
    org: Annotated[str, typer.Argument(help="Organisation id. 组织编号。")],
    reason: Annotated[str, typer.Option(help="A code, not a sentence: it stands in the public log. 原因代码。")],
    authority_key: AuthorityKey,
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Suspend an organisation: no new threads from now on; it may still withdraw. 暂停组织。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell
        from tocsin_hub.members.enrol import by_authority

        key = doorbell.read_key(authority_key)
        with doorbell.Doorbell(hub, lang) as bell:
            body = {"org": org, "reason": reason}
            said = bell.submit(
                by_authority("suspend", body, bell.policy().origin, authority_of(bell, key), key, int(time.time()))
            )
        voice.done(said, voice.pick(f"Suspended at index {said['index']}.", f"已在序号 {said['index']} 处暂停。"))


def decline(
    request: Annotated[
        str, typer.Argument(help="The start of the request's digest, or the organisation id. 申请摘要前缀或机构编号。")
    ],
    reason: Annotated[
        str, typer.Option(help="unknown-organisation, duplicate, incomplete, not-eligible, other. 原因代码。")
    ],
    authority_key: AuthorityKey,
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Refuse a waiting request: it is dropped, nothing enters the log, and they may ask again. 谢绝注册申请。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        if reason not in DECLINE_REASONS:
            raise Stop(USAGE, "usage", f"--reason: {' | '.join(DECLINE_REASONS)}", "tocsin-hub decline --help")
        key = doorbell.read_key(authority_key)
        with doorbell.Doorbell(hub, lang) as bell:
            chosen = _one(pending(bell, key), request)
            document = bell.login_document(bell.policy().origin, key)
            said = bell.post(f"/v1/enrolments/{chosen['digest']}/decline?reason={reason}", document).json()
        voice.done(
            said,
            voice.pick(
                f"The request of {said['org']} is gone. Its `tocsin doctor` says that none waits.",
                f"{said['org']} 的申请已移除；对方运行 `tocsin doctor` 会得知没有待处理的申请。",
            ),
        )


def pending(bell: Any, key: Any) -> list[dict[str, Any]]:
    """The requests that wait, as an authority may see them."""
    document = bell.login_document(bell.policy().origin, key)
    found: list[dict[str, Any]] = bell.post("/v1/enrolments/pending", document).json()["requests"]
    return found


def authority_of(bell: Any, key: Any) -> str:
    """The id under which the hub's policy names this key. Raises Stop authority-unknown."""
    for name, known in bell.policy().authorities.items():
        if known == key.public:
            return str(name)
    raise Stop(
        REFUSED,
        "authority-unknown",
        "The policy of this hub does not name this key as an authority.",
        "Use the authority key made by init.",
    )


def envelope_of(request: dict[str, Any]) -> bytes:
    """The signed request inside a row of the pending list."""
    return base64.b64decode(request["envelope"])


def enrol_each(bell: Any, key: Any, envelopes: list[bytes], grant: dict[str, list[str]] | None) -> list[dict[str, Any]]:
    """Enrol each request; one outcome each, a refusal does not stop the others. A regulator without a grant stays waiting."""
    from tocsin_hub.members import enrol as desk_of_authority
    from tocsin_trust import documents

    origin, authority = bell.policy().origin, authority_of(bell, key)
    outcomes: list[dict[str, Any]] = []
    for envelope in envelopes:
        asked = documents.read_enrolment_request(envelope, origin)
        if asked.kind == "regulator" and grant is None:
            hint = GRANT_NEEDED[1 if bell.lang.startswith("zh") else 0]
            example = "--grant-sector isic@4:K --grant-region un-m49@2024:142"
            hint += f" tocsin-hub enrol --digest {asked.digest.hex()[:16]} {example}"
            outcomes.append({"org": asked.org, "digest": asked.digest.hex(), "code": "grant-needed", "hint": hint})
            continue
        given = grant if asked.kind == "regulator" else None
        sealed = desk_of_authority.seal(
            envelope,
            origin=origin,
            authority_id=authority,
            authority_key=key,
            now_unix_s=int(time.time()),
            grant=given,
        )
        try:
            outcomes.append({"org": asked.org, **bell.submit(sealed)})
        except Stop as stop:
            outcomes.append({"org": asked.org, "code": stop.code, "hint": stop.hint})
    return outcomes


def report(voice: Voice, outcomes: list[dict[str, Any]]) -> None:
    """Say how each enrolment ended. Raises Stop if one was refused: 8 if others were enrolled, else 9, or 2 for a missing grant."""
    refused = [said for said in outcomes if "code" in said]
    lines = [_outcome(voice, said) for said in outcomes]
    if not refused:
        voice.done({"enrolled": outcomes}, "\n".join(lines) or voice.pick("Nobody waits.", "没有待处理的申请。"))
        return
    for line in lines:
        voice.tell(line)
    first = refused[0]
    alone = USAGE if first["code"] == "grant-needed" else CONFLICT
    raise Stop(
        PARTLY if len(refused) < len(outcomes) else alone,
        str(first["code"]),
        voice.pick(
            f"{len(refused)} of {len(outcomes)} not enrolled.", f"{len(outcomes)} 份申请中有 {len(refused)} 份未注册。"
        ),
        str(first["hint"]),
        outcomes,
    )


def _outcome(voice: Voice, said: dict[str, Any]) -> str:
    if "index" in said:
        return voice.pick(f"{said['org']}  index {said['index']}", f"{said['org']}  序号 {said['index']}")
    return voice.pick(f"{said['org']}  not enrolled: {said['code']}", f"{said['org']}  未注册：{said['code']}")


def _grant(sectors: list[str] | None, regions: list[str] | None) -> dict[str, list[str]] | None:
    if not sectors and not regions:
        return None
    if not sectors or not regions:
        raise Stop(USAGE, "grant-incomplete", "A grant names sectors and regions; use * for all.")
    return {"sectors": sectors, "regions": regions}


def _one(waiting: list[dict[str, Any]], start: str) -> dict[str, Any]:
    found = [each for each in waiting if start and (str(each["digest"]).startswith(start) or each["org"] == start)]
    if len(found) != 1:
        raise Stop(
            USAGE,
            "request-unknown",
            f"{len(found)} waiting requests are named by {plain(start)}.",
            "tocsin-hub enrolments lists them.",
        )
    return found[0]


def _read_request(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Stop(USAGE, "file-missing", f"Cannot read {path}: {error.strerror}") from None
    try:
        said = json.loads(data)
    except ValueError:
        return data
    # The client's file may be the envelope, or the body it would POST.
    wrapped = isinstance(said, dict) and isinstance(said.get("envelope"), str)
    return base64.b64decode(said["envelope"]) if wrapped else data
