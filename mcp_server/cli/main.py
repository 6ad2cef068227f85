"""The entry point, and the one place where a failure becomes an exit status."""

import sys
import traceback

import typer

from mcp_server.services.errors import DrysailError

INTERNAL = 5
INTERRUPTED = 130


def main() -> None:
    """Runs ``drysail``. Exit codes: 0 ok, 1 denied, 2 usage or no verdict, 3 needs approval, 4 stale, 5 defect."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit status. Nothing else may exit with 1 than a denial."""
    from mcp_server.cli.app import app

    try:
        result = app(arguments, standalone_mode=False, prog_name="drysail")
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        _tell_usage(error)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print("Interrupted.", file=sys.stderr)  # noqa: T201 - the console may not exist yet
        return INTERRUPTED
    except DrysailError as error:
        _tell(error)
        return error.exit_status
    except BrokenPipeError:
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"Error: {where}{error.strerror or error}.", file=sys.stderr)  # noqa: T201
        print("Check that the path exists and that you may use it.", file=sys.stderr)  # noqa: T201
        return 2
    except Exception:  # noqa: BLE001 - a defect of ours must not look like a verdict
        traceback.print_exc()
        print("This is a defect of Drysail; please report it with the lines above.", file=sys.stderr)  # noqa: T201
        return INTERNAL
    return result if isinstance(result, int) else 0


def _tell_usage(error: typer.TyperException) -> None:
    """What is wrong with the command line, with its usage where there is one."""
    show = getattr(error, "show", None)
    if show is None:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
    else:
        show(sys.stderr)


_COMMANDS = {"find_flags": "`drysail flags list`", "get_proposal": "`drysail review PROPOSAL`"}
"""What does at a terminal what the tools that hints name do for agents."""


def _tell(error: DrysailError) -> None:
    from mcp_server.cli.screen import talk

    place = f"{error.place}: " if error.place else ""
    console = talk()
    console.print(f"Error: {place}{error.message}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if error.hint:
        hint = error.hint
        for tool, command in _COMMANDS.items():
            hint = hint.replace(tool, command)
        console.print(hint, markup=False, highlight=False, soft_wrap=True)
