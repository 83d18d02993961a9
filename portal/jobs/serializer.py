"""How nudges are stored in the queue: as JSON, which can only be data. A pickle could run code."""

import json
from datetime import datetime
from typing import Any, Final

from huey.registry import Message
from huey.serializer import Serializer

_MOMENTS: Final = frozenset({"eta", "expires_resolved"})


class JsonSerializer(Serializer):
    """Stores huey's messages as JSON; raises ``ValueError`` for anything else that lies in the queue."""

    def serialize(self, data: Message) -> bytes:
        """Return a message as stored; its arguments must be plain values."""
        fields = {name: value for name, value in data._asdict().items() if value is not None}
        return json.dumps(fields, default=_moment).encode()

    def deserialize(self, data: bytes) -> Message:
        """Return a stored message."""
        fields: dict[str, Any] = json.loads(data)
        for name in _MOMENTS & fields.keys():
            fields[name] = datetime.fromisoformat(fields[name])
        return Message(**fields)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored in the queue")
