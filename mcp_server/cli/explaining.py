"""drysail explain."""

from typing import Annotated, Any

import typer

from mcp_server.cli.options import Environment, Json, environment_of, home_of


def explain(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="The flag's key.")],
    distinct_id: Annotated[str, typer.Argument(help="Whose value is to be explained.")],
    environment: Environment = None,
    property: Annotated[
        list[str] | None, typer.Option("--property", "-p", help="NAME=VALUE (VALUE as JSON or text). Repeatable.")
    ] = None,
    group: Annotated[list[str] | None, typer.Option("--group", "-g", help="TYPE=KEY. Repeatable.")] = None,
    group_property: Annotated[
        list[str] | None, typer.Option("--group-property", help="TYPE.NAME=VALUE. Repeatable.")
    ] = None,
    compare_to: Annotated[
        str | None, typer.Option("--compare-to", help="A second subject (or the same one, described otherwise).")
    ] = None,
    other_property: Annotated[
        list[str] | None, typer.Option("--other-property", help="NAME=VALUE of the second subject. Repeatable.")
    ] = None,
    other_group: Annotated[
        list[str] | None, typer.Option("--other-group", help="TYPE=KEY of the second subject. Repeatable.")
    ] = None,
    revision: Annotated[int | None, typer.Option("--revision", help="The flag as of this revision.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Everything as of a past time (ISO 8601, UTC).")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Which edit mattered: a revision, a time, “current” or a proposal.")
    ] = None,
    want: Annotated[
        str | None, typer.Option("--want", help="What would have to change for: on, off or a variant.")
    ] = None,
    json: Json = False,
) -> None:
    """Explain why a subject gets the value it gets; without properties, as it was last recorded.

    [bold]Examples[/bold]

      drysail explain new-checkout user-42

      drysail explain new-checkout user-42 -p plan=pro --want on

      drysail explain new-checkout user-42 --compare-to user-43

      drysail explain new-checkout user-42 --revision 3 --against 5

      drysail explain new-checkout user-42 --at 2026-11-22T17:00Z --against current
    """
    from mcp_server.cli.screen import print_json, print_line, talk
    from mcp_server.services.explaining import Question, Subject, explain_flag, wanted_value
    from mcp_server.services.explanation_lines import TO_TYPE, headline_of, lines_of, next_step_of

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    other = None
    if compare_to is not None or other_property is not None or other_group is not None:
        other = Subject(
            compare_to or distinct_id, _pairs(other_property, "--other-property"), _pairs(other_group, "--other-group")
        )
    question = Question(
        subject=Subject(
            distinct_id, _pairs(property, "--property"), _pairs(group, "--group"), _group_properties(group_property)
        ),
        at=_point(revision, at),
        compare_to=other,
        against=against,
        want=wanted_value(want),
    )
    explained = explain_flag(home, name, key, question)
    if json:
        print_json(_as_json(explained))
        return
    print_line(headline_of(explained), style="bold")
    print_line(f"Context {explained.source}.")
    for line in lines_of(explained, "terminal"):
        print_line(line, whole=line.lstrip().startswith(TO_TYPE))
    print_line(f"Next: {next_step_of(explained, 'terminal')}", to=talk(), style="dim")


def _as_json(explained: Any) -> dict[str, Any]:
    told = explained.comparison or explained.alternatives or explained.explanation
    operations = {"operations": list(explained.operations)} if explained.alternatives is not None else {}
    return {"context": explained.source, "notes": list(explained.notes), **told.as_dict(), **operations}


def _point(revision: int | None, at: str | None) -> str | None:
    from mcp_server.services.errors import InvalidInput

    if revision is not None and at is not None:
        raise InvalidInput("--revision and --at name two editions.", hint="Use --against for one of them.")
    return str(revision) if revision is not None else at


def _group_properties(texts: list[str] | None) -> dict[str, dict[str, object]] | None:
    from mcp_server.services.errors import InvalidInput

    if texts is None:
        return None
    result: dict[str, dict[str, object]] = {}
    for name, value in (_pairs(texts, "--group-property") or {}).items():
        group_type, dot, own = name.partition(".")
        if not dot or not own:
            raise InvalidInput(
                f"--group-property {name!r} is not TYPE.NAME=VALUE.",
                hint="For example company.seats=50.",
                place="--group-property",
            )
        result.setdefault(group_type, {})[own] = value
    return result


def _pairs(texts: list[str] | None, option: str) -> dict[str, object] | None:
    import json

    from mcp_server.services.errors import InvalidInput

    if texts is None:
        return None
    result: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInput(f"{option} {text!r} is not NAME=VALUE.", hint="For example plan=pro.", place=option)
        try:
            result[name] = json.loads(value)
        except json.JSONDecodeError:
            result[name] = value
    return result
