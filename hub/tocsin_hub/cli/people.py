"""enrolments, enrol, suspend, desk, moderate: acts on people and threads, each signed here and sent through the one door.

The hub process holds none of these keys: an authority's key lies wherever the operator keeps it, a desk's with the desk.
"""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin_hub.cli.voice import CONFLICT, PARTLY, REFUSED, SETUP, USAGE, AsJson, Lang, Stop, Voice, plain, speaking

HubUrl = Annotated[str, typer.Option("--hub", envvar="TOCSIN_HUB", help="Address of the running hub. 中心地址。")]
AuthorityKey = Annotated[
    Path,
    typer.Option("--authority-key", envvar="TOCSIN_AUTHORITY_KEY", help="Key file written by init. 注册机构密钥文件。"),
]
DEFAULT_HUB = "http://127.0.0.1:8400"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (enrolments, enrol, suspend, desk, moderate):
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
            _report(voice, enrol_each(bell, key, envelopes, grant))


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


def desk(
    key_dir: Annotated[
        Path, typer.Option("--key-dir", help="New directory for the desk's keys. 存放席位密钥的新目录。")
    ],
    authority_key: AuthorityKey,
    sector: Annotated[str, typer.Option(help="Sector code, multiple or unknown. 行业代码。")] = "multiple",
    region: Annotated[str, typer.Option(help="Region code. 地区代码。")] = "un-m49@2024:001",
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Make a moderation desk: fresh keys, enrolled at once. 新建处置席位。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell
        from tocsin_trust import documents, keys

        signer = doorbell.read_key(authority_key)
        root, operational = keys.SigningKey.generate(), keys.SigningKey.generate()
        org = "org-" + base64.b32encode(os.urandom(16)).decode().rstrip("=").lower()
        with doorbell.Doorbell(hub, lang) as bell:
            origin = bell.policy().origin
            asked = documents.enrolment_request(
                aud=origin,
                org=org,
                kind="desk",
                sector=sector,
                region=region,
                agreement="desk-1",
                key=operational,
                root=root,
            )
            _write_keys(key_dir, {"root.key": root, "operational.key": operational}, org)
            said = enrol_each(bell, signer, [asked], None)
        _report(voice, said)


def moderate(
    thread: Annotated[str, typer.Argument(help="Digest of the thread's first statement. 记录首个声明的摘要。")],
    action: Annotated[str, typer.Option(help="hide, restore or erase. 隐藏、恢复或清除。")],
    reason: Annotated[str, typer.Option(help="identifying, unlawful, slander, spam, duplicate, other. 原因。")],
    desk_dir: Annotated[Path, typer.Option("--desk", help="The directory that `desk` made. 席位密钥目录。")],
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Hide, restore or erase a thread, as a desk. Erasing cannot be undone. 隐藏、恢复或清除记录。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        key = doorbell.read_key(desk_dir / "operational.key")
        org = (desk_dir / "org").read_text(encoding="ascii").strip()
        body = {"thread": thread, "action": action, "reason": reason}
        with doorbell.Doorbell(hub, lang) as bell:
            said = bell.submit(doorbell.attributed(key, "moderate", org, bell.policy().origin, int(time.time()), body))
        voice.done(said, voice.pick(f"Done at index {said['index']}.", f"已在序号 {said['index']} 处生效。"))


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
    """Enrol each request; one outcome each, a refusal does not stop the others."""
    from tocsin_hub.members import enrol as desk_of_authority
    from tocsin_trust import documents

    origin, authority = bell.policy().origin, authority_of(bell, key)
    outcomes: list[dict[str, Any]] = []
    for envelope in envelopes:
        asked = documents.read_enrolment_request(envelope, origin)
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


def _report(voice: Voice, outcomes: list[dict[str, Any]]) -> None:
    lines = []
    for said in outcomes:
        where = f"index {said['index']}" if "index" in said else f"refused: {said['code']}. {said['hint']}"
        lines.append(f"{said['org']}  {where}")
    refused = [said for said in outcomes if "code" in said]
    if refused:
        for line in lines:
            voice.tell(line)
        some = len(refused) < len(outcomes)
        code = str(refused[0]["code"])
        raise Stop(
            PARTLY if some else CONFLICT,
            code,
            f"{len(refused)} of {len(outcomes)} refused.",
            str(refused[0]["hint"]),
            outcomes,
        )
    voice.done({"enrolled": outcomes}, "\n".join(lines) or voice.pick("Nobody waits.", "没有待处理的申请。"))


def _grant(sectors: list[str] | None, regions: list[str] | None) -> dict[str, list[str]] | None:
    if not sectors and not regions:
        return None
    if not sectors or not regions:
        raise Stop(USAGE, "grant-incomplete", "A grant names sectors and regions; use * for all.")
    return {"sectors": sectors, "regions": regions}


def _one(waiting: list[dict[str, Any]], start: str) -> dict[str, Any]:
    found = [request for request in waiting if start and str(request["digest"]).startswith(start)]
    if len(found) != 1:
        raise Stop(USAGE, "request-unknown", f"{len(found)} waiting requests begin with {plain(start)}.")
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


def _write_keys(key_dir: Path, signing: dict[str, Any], org: str) -> None:
    try:
        key_dir.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise Stop(SETUP, "file-exists", f"{key_dir} exists.", "Name a new directory.") from None
    for name, key in signing.items():
        descriptor = os.open(key_dir / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.to_pkcs8(None))
    (key_dir / "org").write_text(org + "\n", encoding="ascii")
