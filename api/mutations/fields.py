"""How a mutation is declared: a workflow, a trigger, its payload, a description. It decides nothing."""

from __future__ import annotations

from typing import Any

import strawberry
from pydantic import ValidationError
from strawberry import Info
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from api.context import STEP, Context
from api.mutations.inputs import input_of, plain
from domain.calendar import local_day
from domain.policy.roles import Grant
from domain.problems import Problem, ProblemCode
from domain.viewer import Viewer
from workflows.commands import Command
from workflows.engine import Workflow
from workflows.input_faults import Floor, every_fault
from workflows.unit_of_work import Outcome, carry_out


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="requires", description="The grant this needs, as `noun:verb`."
)
class RequiresDirective:
    """The grant this needs."""

    grant: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="article", description="The article of the regulation this serves."
)
class ArticleDirective:
    """The article this serves."""

    n: int


def mutation(workflow: Workflow, trigger: str, payload: Any, description: str) -> Any:
    """The mutation that fires a trigger."""
    transition = workflow.by_trigger[trigger]
    command, grant = transition.command, workflow.grant(trigger)
    if command is None or grant is None:
        raise TypeError(f"{workflow.noun}.{trigger} is fired by follow-ups only: it has no mutation")

    async def resolve(viewer: Viewer, context: Context, asked: Command) -> Outcome:
        return await carry_out(context.office, viewer, workflow, trigger, asked)

    article, reasons_from = transition.article, transition.reasons_from
    return declared(command, grant, article, payload, description, resolve, reasons_from=reasons_from)


def declared(
    command: type[Command],
    grant: Grant,
    article: int,
    payload: Any,
    description: str,
    resolve: Any,
    *,
    reasons_from: str = "",
) -> StrawberryField:
    """A mutation with an input of its own: the grant first, then the input, then the work."""
    made_input = input_of(command)

    async def step(context: Context, input: Any) -> Outcome:
        if not context.viewer.may(grant):
            return Outcome((Problem(ProblemCode.NOT_ALLOWED),))
        given = plain(input)
        try:
            asked = command.model_validate(given)
        except ValidationError as error:
            floor = Floor(local_day(context.clock()), reasons_from)
            return Outcome(every_fault(error, command, given, floor))
        done: Outcome = await resolve(context.viewer, context, asked)
        return done

    async def resolver(self: Any, info: Info[Context, None], input: Any) -> Any:
        return await step(info.context, input)

    resolver.__annotations__ = {"info": Info[Context, None], "input": made_input, "return": payload}
    directives = [RequiresDirective(grant=grant.value), ArticleDirective(n=article)]
    made: StrawberryField = strawberry.mutation(
        resolver=resolver, description=description, directives=directives, metadata={STEP: step}
    )
    return made
