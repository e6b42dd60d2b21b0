"""The templates of official papers at the desk: saved, changed by an administrator, put back to the shipped ones."""

from __future__ import annotations

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, require
from app.core.db import begin_write, db
from app.core.errors import DisanError
from app.desk.context import go, render, say
from app.desk.papers import label
from app.exchange.papers.forms import read_forms
from app.exchange.papers.templates import (
    MOST_BYTES,
    find_version,
    keep_template,
    put_back,
    read_template,
    read_templates,
)
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.settings import current_settings
from app.media.documents import DOCX

_HERE = "/desk/papers/templates"


def mount(desk: Blueprint) -> None:
    """Mount the pages and the files."""
    desk.add_url_rule("/papers/templates", "paper_templates", show_templates)
    desk.add_url_rule("/papers/templates/<paper>", "upload_template", upload, methods=["POST"])
    desk.add_url_rule("/papers/templates/<paper>/<int:version>", "paper_template", give_template)
    desk.add_url_rule("/papers/templates/<paper>/shipped", "shipped_template", use_shipped, methods=["POST"])


def show_templates() -> Response:
    """List the papers with their templates, and what a template may name."""
    return _page(db.session())


def _page(session: Session, paper: str = "", problem: str = "", status: int = 200) -> Response:
    require_actor()
    uploaded = read_templates(session)
    forms = read_forms(current_settings())
    return render(
        "paper_templates.html",
        status,
        section="register",
        papers=[
            {
                "form": form,
                "versions": uploaded.get(form.name, ()),
                "current": next((one for one in uploaded.get(form.name, ()) if one.withdrawn_at is None), None),
            }
            for form in forms.papers.values()
        ],
        wrong=paper,
        problem=problem,
        label=label,
        most_mb=MOST_BYTES // 1_000_000,
    )


def upload(paper: str) -> BaseResponse:
    """Try an uploaded template, and let it count where it is one."""
    session, actor = db.session(), require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    form = read_forms(current_settings()).find(paper)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(session, paper, say("Choose a file."), 422)
    try:
        template = read_template(file.stream, file.filename, form, settings=current_settings())
    except DisanError as error:
        return _page(session, paper, sentence(error), 422)
    begin_write(session)
    kept = keep_template(session, form, template, actor=require_actor())
    said = say("Version %(number)s of the template counts from now on.", number=kept.version)
    session.commit()
    return go(f"{_HERE}#{paper}", said)


def give_template(paper: str, version: int) -> Response:
    """Give a version of a template, to be saved and changed."""
    require_actor()
    session = db.session()
    form = read_forms(current_settings()).find(paper)
    template = find_version(session, form, version)
    response = Response(template.content, mimetype=DOCX)
    name = f"{form.name}-{version}.docx"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def use_shipped(paper: str) -> BaseResponse:
    """Let the shipped template of a paper count again."""
    session = db.session()
    begin_write(session)
    put_back(session, read_forms(current_settings()).find(paper), actor=require_actor())
    session.commit()
    return go(f"{_HERE}#{paper}", say("The template that comes with the service counts again."))
