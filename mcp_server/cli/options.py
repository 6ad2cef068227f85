"""Options that several commands take, and how a command gets at its home."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_server.settings import Settings

if TYPE_CHECKING:
    from mcp_server.services.home import Home

Environment = Annotated[
    str | None, typer.Option("--environment", "-e", help="Which environment; needed where there are several.")
]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON on stdout.")]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why, for the audit log.")]
Operation = Annotated[
    list[str] | None,
    typer.Option("--op", help='An operation as JSON, e.g. \'{"op":"set_active","value":true}\'. Repeatable.'),
]
Rollout = Annotated[list[str] | None, typer.Option("--rollout", help="CONDITION=PERCENT, e.g. c2=25. Repeatable.")]
Active = Annotated[bool | None, typer.Option("--on/--off", help="Turn the flag on or off as a whole.")]


def settings_of(ctx: typer.Context) -> Settings:
    """The settings that the root command read."""
    settings: Settings = ctx.obj
    return settings


def home_of(ctx: typer.Context, *, create: bool = False) -> "Home":
    """The home. Raises Unavailable where there is none and the command does not make one."""
    from mcp_server.composition.home import open_home
    from mcp_server.services.errors import Unavailable

    settings = settings_of(ctx)
    if not create and settings.database_url.startswith("sqlite") and not settings.home.exists():
        raise Unavailable(
            f"There is no home at {settings.home}.",
            hint="Run `drysail flags import FILE` or `drysail serve` there first, or name another with --home.",
            code="NO_HOME",
        )
    return open_home(settings, create=create)


def environment_of(ctx: typer.Context, home: "Home", named: str | None) -> str:
    """The environment that is meant. Raises InvalidInput where several could be."""
    from mcp_server.services.environments import only_environment

    return only_environment(home, named or settings_of(ctx).environment)


def operations_of(
    operations: list[str] | None, rollouts: list[str] | None, active: bool | None
) -> list[dict[str, Any]]:
    """The operations that the options spell. Raises InvalidInput naming the option."""
    import json

    from mcp_server.services.errors import InvalidInput

    result: list[dict[str, Any]] = []
    if active is not None:
        result.append({"op": "set_active", "value": active})
    for rollout in rollouts or []:
        condition, _, percent = rollout.partition("=")
        try:
            number = float(percent.rstrip("%"))
        except ValueError:
            raise InvalidInput(f"--rollout {rollout!r} is not CONDITION=PERCENT.", hint="For example c2=25.") from None
        result.append(
            {
                "op": "set_rollout",
                "condition": condition,
                "rollout_percentage": int(number) if number.is_integer() else number,
            }
        )
    for text in operations or []:
        try:
            operation = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidInput(
                f"--op is no JSON: {error}.", hint='For example {"op":"set_active","value":true}.'
            ) from None
        if not isinstance(operation, dict):
            raise InvalidInput("--op takes one JSON object.", hint='For example {"op":"set_active","value":true}.')
        result.append(operation)
    return result
