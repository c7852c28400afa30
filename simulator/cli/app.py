"""The commands and their options. What they do is in a file per command, imported when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.ending import ended, show_tracebacks
from simulator.scenario.outcome import ExitCode

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
firmware = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(firmware, name="firmware")
imports = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Turn recordings into data for devices.")
app.add_typer(imports, name="import")

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Files, folders or names of shipped scenarios.")]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Seed of all chance.")]
Block = Annotated[
    int | None, typer.Option(min=0, max=59, metavar="N", help="Address block to try first: 127.(16+4N).0.0/16.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from simulator.resources import VERSION

        print(f"axsim {VERSION}")
        raise typer.Exit


@app.callback()
def axsim(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an internal error happened.")] = False,
) -> None:
    """A bench of virtual AXIS C1410 Mk II speakers and A9210 I/O relay modules.

    Exit codes: 0 passed, 1 an expectation failed, 2 a file or argument is wrong, 3 the simulator could not do it,
    4 interrupted.
    """
    if debug:
        show_tracebacks()


@app.command()
@ended
def run(
    files: Files,
    *,
    seed: Seed = None,
    evidence: Annotated[
        Path, typer.Option(metavar="DIR", help="Where each case gets a folder with its evidence.")
    ] = Path("axsim-evidence"),
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all results as JSON.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Only these cells of the matrix; may be repeated."),
    ] = None,
    block: Block = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop after the first case that fails.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print failures and the last line only.")] = False,
) -> ExitCode:
    """Run scenarios and keep the evidence."""
    from simulator.cli.run_command import Request, run_scenarios

    request = Request(tuple(files), evidence, seed, junit, json, tuple(only or ()), block, fail_fast, quiet)
    return run_scenarios(request)


@app.command()
@ended
def check(files: Files) -> ExitCode:
    """Find everything that is wrong with scenario files."""
    from simulator.cli.check_command import check_files

    return check_files(files)


@app.command()
@ended
def fmt(
    files: Files,
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a file would change.")] = False,
) -> ExitCode:
    """Rewrite scenario files in the one way to write them."""
    from simulator.cli.fmt_command import format_files

    return format_files(files, check=check)


@app.command()
@ended
def up(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A scenario or fleet file, or the name of a shipped one.")
    ] = None,
    *,
    speakers: Annotated[int, typer.Option(min=0, metavar="N", help="This many C1410 Mk II.")] = 0,
    io: Annotated[int, typer.Option(min=0, metavar="N", help="This many A9210.")] = 0,
    firmware: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Firmware of --speakers and --io.")
    ] = None,
    factory: Annotated[bool, typer.Option("--factory", help="No accounts yet, as out of the box.")] = False,
    clock: Annotated[str, typer.Option(metavar="real|xN|stepped", help="How device time runs.")] = "real",
    seed: Seed = None,
    block: Block = None,
    control: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the control API listens.")
    ] = "127.0.0.1:0",
    out: Annotated[Path, typer.Option(metavar="FILE", help="Description of the fleet.")] = Path("fleet.json"),
) -> ExitCode:
    """Start a fleet that stays, and write fleet.json."""
    from simulator.cli.up_command import Request, stay_up

    return stay_up(Request(file, speakers, io, firmware, factory, clock, seed, block, control, out))


@app.command()
@ended
def scenarios() -> ExitCode:
    """List the scenarios that ship."""
    from simulator.cli.listing import list_scenarios

    return list_scenarios()


@app.command()
@ended
def actions(
    *, json: Annotated[bool, typer.Option("--json", help="As the control API tells it.")] = False
) -> ExitCode:
    """List the verbs: what hands can do."""
    from simulator.cli.listing import list_actions

    return list_actions(as_json=json)


@app.command()
@ended
def schema() -> ExitCode:
    """Print the JSON Schema of scenario files."""
    from simulator.cli.listing import print_schema

    return print_schema()


@firmware.callback()
def _firmware() -> None:
    """Build firmware images, right and wrong ones."""


@firmware.command()
@ended
def build(
    *,
    model: Annotated[str, typer.Option(metavar="MODEL", help="A9210 or C1410.")],
    version: Annotated[str, typer.Option(metavar="VERSION", help="Version that the image installs.")],
    kind: Annotated[str, typer.Option(metavar="KIND", help="right, or what is wrong with it.")] = "right",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="File or folder; by default the real name."),
    ] = None,
) -> ExitCode:
    """Build an image that a device takes, or one that it refuses."""
    from simulator.cli.firmware_command import build_file

    return build_file(model, version, kind, output)


@imports.command("snmp")
@ended
def import_snmp(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An snmprec file, or the text of `snmpwalk -On`.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write the objects.")
    ] = None,
) -> ExitCode:
    """Make a file of objects that a device's SNMP agent serves besides its own (`snmp: {objects: FILE}`)."""
    from simulator.cli.import_command import import_snmp as do_import

    return do_import(file, output)
