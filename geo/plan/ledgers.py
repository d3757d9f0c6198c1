"""Where a plan keeps its history of readiness."""

import re
from typing import Annotated

from pydantic import Field, field_serializer

from geo.plan.kinds import Table


class LedgerSource(Table):
    """Where the history of readiness is kept: a file beside the plan, or a PostGIS database."""

    file: str = "readiness.db"
    url: Annotated[str, Field(pattern="^postgres(ql)?://")] | None = Field(default=None, repr=False)

    @field_serializer("url")
    def _without_password(self, url: str | None) -> str | None:
        """The address as it may be shown: whoever it names, and no password wherever it stands."""
        if url is None:
            return None
        shown = re.sub("(?<=//)([^:@]*):.*@", r"\1@", url)  # a password may hold /, ? and @
        base, mark, query = shown.partition("?")
        kept = [item for item in query.split("&") if "password" not in item.lower()]
        return f"{base}{mark}{'&'.join(kept)}" if any(kept) else base
