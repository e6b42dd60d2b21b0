"""Documentary heritage."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.heritage.models.common import Dated, Kept, Named
from app.heritage.models.decision import Decided
from app.records.models import Record


class DocumentaryItem(Named, Dated, Kept, Decided, Record):
    """An item or a set of documentary heritage (di sản tư liệu); Law 45/2024/QH15, art. 54.

    `scripts` and `carrier` are concepts, `languages` language codes (BCP 47), `extent` how much there is in words.
    """

    __tablename__ = "documentary_items"
    __mapper_args__ = {"polymorphic_identity": "documentary"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    inventory_code: Mapped[str | None] = mapped_column(sa.String(60))
    scripts: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    carrier: Mapped[str | None] = mapped_column(sa.String(40))
    extent: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    author: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    significance: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    condition: Mapped[str | None] = mapped_column(sa.String(40))
    condition_note: Mapped[str | None] = mapped_column(sa.Text)
    provenance: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    note: Mapped[str | None] = mapped_column(sa.Text)
