"""What a proposer declares that the replay will show."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from policies.policy_error import nearest

_Count = Annotated[int, Field(ge=0, strict=True)]


class Expect(BaseModel):
    """A claim about the effect of a change, checked for every flag that the change can affect.

    Counts are distinct subjects of the replayed traffic. What is not declared is not checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    newly_on_max: _Count | None = Field(None, description="at most so many subjects go from off to on")
    newly_on_min: _Count | None = Field(None, description="at least so many subjects go from off to on")
    turned_off_max: _Count | None = Field(None, description="at most so many subjects go from on to off")
    switched_max: _Count | None = Field(None, description="at most so many subjects go from one variant to another")
    changed_max: _Count | None = Field(None, description="at most so many subjects get another value in any way")
    only: dict[str, Annotated[list[JsonValue], Field(min_length=1)]] | None = Field(
        None, description="only subjects whose property has one of these values get another value"
    )

    @model_validator(mode="after")
    def _declares_something(self) -> Self:
        if not self.model_fields_set or self.only == {}:
            raise ValueError("nothing is declared")
        if self.newly_on_min is not None and self.newly_on_max is not None and self.newly_on_min > self.newly_on_max:
            raise ValueError("newly_on_min is more than newly_on_max")
        return self


class ExpectError(ValueError):
    """A declaration that cannot be read. The message is one sentence with the place and the fix."""


def parse_expect(declared: Mapping[str, Any]) -> Expect:
    """Reads a declaration such as ``{"newly_on_max": 4500, "switched_max": 0, "only": {"plan": ["enterprise"]}}``.

    Raises ExpectError.
    """
    try:
        return Expect.model_validate(dict(declared))
    except ValidationError as error:
        raise ExpectError(_explained(error)) from None


def _explained(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"expect has no '{place}'. {nearest(place, Expect.model_fields)}"
    if not place:
        known = ", ".join(Expect.model_fields)
        return f"expect cannot be used: {first['msg'].removeprefix('Value error, ')}. Known: {known}."
    wanted = 'a list of values, such as ["enterprise"]' if place.startswith("only.") else _WANTED.get(place, _COUNT)
    return f"expect.{place} must be {wanted}."


_COUNT = "a whole number of subjects, 0 or more"
_WANTED = {"only": 'an object from property to a list of values, such as {"plan": ["enterprise"]}'}
