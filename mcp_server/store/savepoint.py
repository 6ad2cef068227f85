"""Statements that may be turned down, without spoiling the transaction around them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from mcp_server.services.errors import Conflict
from mcp_server.store.failures import guard_message, is_taken, refusal


@contextmanager
def savepoint(transaction: Session | Connection, *, taken: str = "") -> Iterator[None]:
    """Undoes the block alone if it fails.

    Raises Conflict with the sentence ``taken`` where a key is in use, Refused where a trigger objects.
    """
    try:
        with transaction.begin_nested():
            yield
    except IntegrityError as error:
        if taken and is_taken(error):
            raise Conflict(taken, code="EXISTS") from error
        message = guard_message(error)
        if message is not None:
            raise refusal(message) from error
        raise
