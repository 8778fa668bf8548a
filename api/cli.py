"""`signet`: the commands of those who run a deployment."""

from __future__ import annotations

from typing import Final

import typer

from api import logs
from api.commands.demo import demo
from api.commands.doctor import doctor
from api.commands.explain import explain
from api.commands.generate import export_schema, generate
from api.commands.import_register import import_register_command
from api.commands.migrate import migrate_command
from api.commands.register_dump import register_dump_command
from api.commands.register_fill import register_fill_command
from api.commands.serve import serve
from api.commands.staff import staff_app
from api.commands.token import token_command
from api.commands.work import work_app
from api.commands.worker import worker_command

app: Final = typer.Typer(
    name="signet",
    epilog="Settings are SIGNET_* variables; `signet doctor` lists them all.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def signet() -> None:
    """Signet runs the life of public accounts: review, filing and due process behind one GraphQL API."""
    logs.set_up()


app.command("serve")(serve)
app.command("demo")(demo)
app.command("worker")(worker_command)
app.command("migrate")(migrate_command)
app.command("token")(token_command)
app.command("doctor")(doctor)
app.command("import-register")(import_register_command)
app.command("register-dump")(register_dump_command)
app.command("register-fill")(register_fill_command)
app.command("explain")(explain)
app.command("generate")(generate)
app.command("export-schema")(export_schema)
app.add_typer(staff_app, name="staff")
app.add_typer(work_app, name="work")
