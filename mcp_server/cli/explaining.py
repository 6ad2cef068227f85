"""drysail explain."""

from typing import Annotated

import typer

from mcp_server.cli.options import Environment, Json, environment_of, home_of


def explain(
    ctx: typer.Context,
    key: str,
    distinct_id: str,
    environment: Environment = None,
    property: Annotated[
        list[str] | None, typer.Option("--property", "-p", help="NAME=VALUE (VALUE as JSON or text). Repeatable.")
    ] = None,
    group: Annotated[list[str] | None, typer.Option("--group", "-g", help="TYPE=KEY. Repeatable.")] = None,
    json: Json = False,
) -> None:
    """Explain why a subject gets the value it gets; without properties, as it was last recorded.

    [bold]Examples[/bold]

      drysail explain new-checkout user-42

      drysail explain new-checkout user-42 -p plan=pro -p country=DE
    """
    from evaluator.context import Context
    from mcp_server.cli.screen import out, print_json
    from mcp_server.services.explaining import explain_flag
    from mcp_server.services.explanation_lines import explanation_lines

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    properties, groups = _pairs(property, "--property"), _pairs(group, "--group")
    subject = Context(distinct_id=distinct_id, properties=properties, groups=groups)
    explained = explain_flag(home, name, key, subject, recorded=property is None and group is None)
    if json:
        print_json({"context": explained.source, **explained.explanation.as_dict()})
        return
    out().print(explained.explanation.sentence, style="bold", markup=False)
    out().print(f"Context {explained.source}.", markup=False)
    for line in explanation_lines(explained.explanation):
        out().print(line, markup=False)


def _pairs(texts: list[str] | None, option: str) -> dict[str, object]:
    import json

    from mcp_server.services.errors import InvalidInput

    result: dict[str, object] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInput(f"{option} {text!r} is not NAME=VALUE.", hint="For example plan=pro.", place=option)
        try:
            result[name] = json.loads(value)
        except json.JSONDecodeError:
            result[name] = value
    return result
