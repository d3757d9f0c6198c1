"""The ledger of a plan as a whole: verified, moved, backed up, adopted, and opened to others."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from geo.cli.options import (
    HERE,
    AsJson,
    By,
    InLang,
    InLedger,
    PlanFile,
    PlanHere,
    plan_of,
    spoken,
)
from geo.cli.steps import FAULTY, counted, steps, writing
from geo.cli.terminal import (
    SHORT,
    print_findings,
    print_head,
    print_json,
    print_path,
    print_words,
)
from geo.errors import LedgerError
from geo.findings import finding
from geo.ledger.event import Draft
from geo.ledger.move import move as move_ledger
from geo.ledger.opening import open_ledger
from geo.ledger.sqlite import open_sqlite
from geo.ledger.store import Ledger
from geo.ledger.verify import verify as verify_ledger
from geo.plan import LedgerSource, Plan
from geo.recording.record import begin
from geo.text import Words

ledger_app = typer.Typer(
    help="Look after the ledger itself: verify, move, back up. 台账的核对、迁移和备份.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


def place_of(plan: Plan) -> Path | str:
    """Where the ledger of a plan is. Raises :class:`geo.errors.LedgerError` when it has none."""
    at = plan.ledger_at
    if at is None:
        raise LedgerError(finding("ledger.none", file=plan.path.name, seen=plan.ledger.file))
    return at


def opened(plan: Plan, *, write: bool = False) -> Ledger:
    """The ledger of a plan, opened."""
    return open_ledger(place_of(plan), write=write)


# --- new -------------------------------------------------------------------------------------


@ledger_app.command()
def new(plan: PlanHere = HERE, by: By = "", ledger: InLedger = None, lang: InLang = None) -> None:
    """Begin the ledger that a plan names, with the outlines of its parcels. 新建台账.

    landready ledger new plan.toml --by 王某

    A plan that names no ledger needs none: there the first entry makes it.
    """
    language = spoken(lang)
    with steps(language) as notify:
        given = plan_of(plan, ledger)
        done = begin(given, actor=by, now=datetime.now(UTC), notify=notify)
    print_findings(done.findings, language)
    made = Words("台账已新建，可以登记", "the ledger is made and takes entries")
    print_words(made, language, style="green")
    if done.head is not None:
        print_head(done.head, language)


# --- verify ----------------------------------------------------------------------------------

_HEAD: Final = re.compile(rf"\d{{1,18}}:[0-9a-f]{{{SHORT},64}}")


def _head(text: str) -> str:
    """``SEQ:HASH`` as other commands print it."""
    if _HEAD.fullmatch(text) is None:
        raise typer.BadParameter(f"{text!r}: write it as 17:0123456789ab, as a report has it")
    return text


@ledger_app.command()
def verify(
    plan: PlanHere = HERE,
    head: Annotated[
        str | None,
        typer.Option(
            parser=_head,
            metavar="SEQ:HASH",
            help="The ledger's head as an earlier report or command showed it: finds a cut tail.",
        ),
    ] = None,
    ledger: InLedger = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Replay the chain: is every entry as it was written? 核对台账.

    landready ledger verify plan.toml --head 812:9f86d081884c

    Each entry is hashed anew and held against the next one, each outline
    against its hash. Ends with exit code 2 when anything is wrong.
    """
    language = spoken(lang)
    with (
        counted("replay", language, quiet=as_json) as notify,
        opened(plan_of(plan, ledger)) as store,
    ):
        told = verify_ledger(store, head=_whole(head, store), notify=notify)
        found, end = [*store.findings, *told], store.head()
    wrong = any(item.severity == "error" for item in found)
    if as_json:
        findings = [item.as_dict() for item in found]
        print_json(
            {"ok": not wrong, "entries": end.seq, "head": end._asdict(), "findings": findings}
        )
    else:
        print_findings(found, language)
        good = Words(f"{end.seq} 条，逐条相符", f"{end.seq} entries, each as it was written")
        if not wrong:
            print_words(good, language, style="green")
        print_head(end, language)
    if wrong:
        raise typer.Exit(FAULTY)


def _whole(head: str | None, store: Ledger) -> tuple[int, str] | None:
    """The head with its whole hash, if the ledger's entry of that number begins with it."""
    if head is None:
        return None
    seq, _, begin = head.partition(":")
    hashes = (item.hash for item in store.events() if item.seq == int(seq))
    return int(seq), next((text for text in hashes if text.startswith(begin)), begin)


# --- move, backup ----------------------------------------------------------------------------


@ledger_app.command()
def move(
    plan: PlanFile,
    target: Annotated[
        str, typer.Argument(help="postgresql://user@host/database, or a file: where none is yet.")
    ],
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Copy the ledger to a database or a file, and verify it there. 迁移台账.

    landready ledger move plan.toml postgresql://planner@server/town

    Every entry arrives as it is, or none does; the old ledger stays as it was.
    Then name the new place in the plan, as url or file of its ledger, and write
    to the old one no more. Keep the password in PGPASSWORD or ~/.pgpass.
    """
    language = spoken(lang)
    with steps(language, reads=False) as notify:
        notify("move")
        given = plan_of(plan, ledger)
        with opened(given) as store:
            head, old = move_ledger(store, target if "://" in target else Path(target)), store.name
    count = head.seq
    print_words(Words(f"{count} 条已迁移并核对", f"{count} entries moved and verified"), language)
    print_head(head, language)
    line = _named_in(given, target)
    told = Words(
        f"请把 {plan.name} 的 [ledger] 改为：{line}。此后不要再写入 {old}",
        f"now let [ledger] in {plan.name} say: {line} — and write to {old} no more",
    )
    print_words(told, language, style="bold")


def _named_in(plan: Plan, target: str) -> str:
    """The line with which a plan names a ledger; without a password."""
    if "://" in target:
        url = LedgerSource(url=target).model_dump()["url"]
        return f"url = {json.dumps(url, ensure_ascii=False)}"
    file, folder = Path(target).resolve(), plan.folder.resolve()
    name = file.relative_to(folder) if file.is_relative_to(folder) else file
    return f"file = {json.dumps(name.as_posix(), ensure_ascii=False)}"


@ledger_app.command()
def backup(
    plan: PlanFile,
    file: Annotated[Path, typer.Argument(help="The copy; an earlier one is replaced at once.")],
    lang: InLang = None,
) -> None:
    """Copy the ledger whole, also while others write. 备份台账.

    landready ledger backup plan.toml office/readiness-2026-01.db
    """
    language = spoken(lang)
    with steps(language, reads=False) as notify:
        notify("backup")
        given = plan_of(plan)
        at = place_of(given)
        if not isinstance(at, Path):
            raise typer.BadParameter("the ledger is a database: back it up with pg_dump")
        with writing(file, given), open_sqlite(at, write=False) as store:
            store.backup(file)
        with open_sqlite(file, write=False) as copy:
            head = copy.head()
    print_path(file)
    print_head(head, language)


# --- adopt, grant ----------------------------------------------------------------------------


@ledger_app.command()
def adopt(
    plan: PlanFile,
    reason: Annotated[str, typer.Option(help="Why the lost entries are given up.")],
    by: By = "",
    lang: InLang = None,
) -> None:
    """Carry on with a copy that lost its newest entries. 接续缺失日志的台账副本.

    landready ledger adopt plan.toml --by 王某 --reason "the office disk is gone"

    A ledger that was copied without its -wal file says so and takes no entry,
    since newer ones may be missing. Look for the file first; this gives it up,
    and the ledger says so for good.
    """
    language = spoken(lang)
    with steps(language, reads=False) as notify:
        notify("ledger")
        given, now = plan_of(plan), datetime.now(UTC)
        day = now.astimezone(ZoneInfo(given.timezone)).date().isoformat()
        if not by.strip():
            raise LedgerError(finding("record.actor", field="actor"))
        with opened(given, write=True) as store:
            is_cut = any(item.code == "ledger.no-wal" for item in store.findings)
            if is_cut:
                store.append([Draft("", "adopt", day, reason=reason)], actor=by.strip(), now=now)
            head = store.head()
    whole = Words("台账完整，无需接续", "nothing is missing: there is nothing to adopt")
    carried = Words("已接续，可以继续登记", "adopted: it takes entries again")
    print_words(carried if is_cut else whole, language)
    print_head(head, language)


@ledger_app.command()
def grant(
    plan: PlanFile,
    role: Annotated[str, typer.Argument(help="A role of the database that may log in.")],
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Let a role of the database read and append, and do nothing else. 授权登记人.

    landready ledger grant plan.toml planner_wang
    """
    language = spoken(lang)
    with steps(language, reads=False) as notify:
        notify("ledger")
        at = place_of(plan_of(plan, ledger))
        if isinstance(at, Path):
            raise typer.BadParameter("the ledger is a file: whoever may write the file may append")
        from geo.ledger.postgres import open_postgres  # noqa: PLC0415 - only few need it

        with open_postgres(at, write=True) as store:
            store.grant_writer(role)
    print_words(Words(f"{role} 可以登记", f"{role} may read and append"), language)
