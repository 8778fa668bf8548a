"""`signet explain`: a workflow's table and diagram in the terminal, as Mermaid or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

import orjson
import typer
from pydantic.alias_generators import to_camel
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table

from api.commands.startup import EXIT_USAGE
from workflows.explained import (
    CONDITIONAL,
    ExplainedTransition,
    ExplainedWorkflow,
    arrows,
    explained,
    label,
    mermaid,
    moves,
)
from workflows.registry import WORKFLOWS

_RENAMED: Final = {"sources": "from", "target": "to"}


def explain(
    workflow: Annotated[str | None, typer.Argument(help="Which; left out, they are listed.")] = None,
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="Print its diagram as Mermaid.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Show a workflow: its states, every transition, who may take it, and what stands in the way."""
    console = Console(highlight=False)
    if workflow is None:
        console.print(_list())
        return
    if workflow not in WORKFLOWS:
        typer.echo(f"There is no workflow {workflow}. There are: {', '.join(WORKFLOWS)}.", err=True)
        raise typer.Exit(EXIT_USAGE)
    shown = explained(WORKFLOWS[workflow])
    if as_json:
        typer.echo(orjson.dumps(plain(shown), option=orjson.OPT_INDENT_2).decode())
    elif as_mermaid:
        typer.echo(mermaid(shown))
    else:
        console.print(_told(shown))


def plain(workflow: ExplainedWorkflow) -> dict[str, Any]:
    """A workflow as JSON: camelCase, with `from` and `to`."""
    renamed: dict[str, Any] = _camel(asdict(workflow))
    return renamed


def _camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_RENAMED.get(name) or to_camel(name): _camel(each) for name, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, tuple | list) else value


def _list() -> Table:
    table = Table("workflow", "中文", "states", "triggers", box=None)
    for workflow in WORKFLOWS.values():
        triggers = ", ".join(row.trigger for row in workflow.transitions)
        table.add_row(f"[bold]{workflow.noun}[/]", workflow.zh, str(len(workflow.states)), triggers)
    return table


def _told(workflow: ExplainedWorkflow) -> RenderableType:
    return Group(
        f"[bold]{workflow.noun}[/] {workflow.zh}\n", _states(workflow), "", _diagram(workflow), "", _table(workflow)
    )


def _states(workflow: ExplainedWorkflow) -> Table:
    table = Table("state", "中文", "for those who handle it", "for its party", box=None)
    for state in workflow.states:
        party = "" if state.party_en == state.en else f"{state.party_zh} {state.party_en}"
        table.add_row(f"[bold]{state.code}[/]", state.zh, state.en, party)
    return table


def _diagram(workflow: ExplainedWorkflow) -> str:
    """The arrows, grouped by the state they start from."""
    lines = [f"[bold]●[/]──▶ [bold]{workflow.initial}[/]"] if workflow.initial else []
    last: str | None = ""
    for source, target, labels in sorted(arrows(workflow), key=lambda arrow: _order(workflow, arrow[0])):
        start = f"[bold]{source or '●'}[/]" if source != last else ""
        if start:
            lines.append(start)
        last = source
        goes = "↺" if source == target else f"──▶ [bold]{target}[/]"
        lines.append(f"   ├─ {escape(', '.join(labels))} {goes}")
    return "\n".join(lines)


def _order(workflow: ExplainedWorkflow, source: str | None) -> int:
    return -1 if source is None else [state.code for state in workflow.states].index(source)


def _table(workflow: ExplainedWorkflow) -> Table:
    heads = ("trigger", "from → to", "who", "guards (problem code, what they rest on)", "then", "Art.")
    table = Table(*(Column(head, overflow="fold") for head in heads), show_lines=True)  # a code is never cut short
    for row in workflow.transitions:
        who = "\n".join(row.who) or "(follow-ups or time only)"
        guards = "\n".join(f"{guard.sentence} [dim]{guard.code}, {guard.rests}[/]" for guard in row.guards)
        table.add_row(f"[bold]{label(row)}[/]\n{row.zh}", moves(row), who, guards, _consequences(row), str(row.article))
    return table


def _consequences(row: ExplainedTransition) -> str:
    told = [f"→ {fired}" for fired in row.fires] + [f"← {cause}" for cause in row.fired_by]
    if row.adverse:
        told.append("adverse: needs reasons")
    if row.four_eyes == CONDITIONAL:
        told.append(f"② {row.four_eyes_when}")
    return "\n".join(told)
