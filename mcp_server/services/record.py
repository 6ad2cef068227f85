"""Base of the records that services and stores exchange."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value with named fields; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
