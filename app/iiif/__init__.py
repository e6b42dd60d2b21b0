"""The image service and the manifests at /iiif: IIIF Image API 3, level 0, and Presentation API 3."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.iiif import images, manifests


def init_app(app: Flask) -> None:
    """Mount the image service and the manifests."""
    iiif = Blueprint("iiif", __name__, url_prefix="/iiif")
    for rule, name, view in (
        ("/image/<name>", "base", images.to_info),
        ("/image/<name>/info.json", "info", images.show_info),
        ("/image/<name>/<region>/<size>/<rotation>/<file>", "image", images.show_image),
        ("/<collection>/<code>/manifest", "manifest", manifests.show_manifest),
    ):
        iiif.add_url_rule(rule, name, view, methods=["GET"])
    app.register_blueprint(iiif)
