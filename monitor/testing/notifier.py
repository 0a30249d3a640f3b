"""A notifier without a destination."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from monitor.model import Accepted, Delivery, Rejected, SendResult, Unknown


class FakeNotifier:
    """Record deliveries and answer by script; satisfies `monitor.ports.Notifier`.

    Without a script everything is accepted. `received` is what the imagined destination holds, in order, so a message
    that arrived twice stands there twice; a look-up tells the truth about it unless it is scripted as well.
    """

    def __init__(self, *, pace: timedelta = timedelta(0), guarantee: str = "effectively once: a fake") -> None:
        self.pace = pace
        self.guarantee = guarantee
        self.received: list[Delivery] = []
        self.sends: list[Delivery] = []
        self.look_ups: list[tuple[Delivery, datetime]] = []
        self.closed = False
        self._send_script: deque[tuple[SendResult | Exception, bool]] = deque()
        self._look_up_script: deque[SendResult | Exception] = deque()

    def answer(self, *results: SendResult | Exception) -> None:
        """Script the next sends: a result is returned, an exception raised. Only an Accepted message has arrived."""
        self._send_script.extend((result, isinstance(result, Accepted)) for result in results)

    def lose_answer(self, reason: str = "the answer was lost") -> None:
        """Script the next send: the message arrives, and the sender is told Unknown."""
        self._send_script.append((Unknown(reason=reason), True))

    def answer_look_up(self, *results: SendResult | Exception) -> None:
        """Script the next look-ups."""
        self._look_up_script.extend(results)

    async def send(self, delivery: Delivery) -> SendResult:
        """Play the next result."""
        self.sends.append(delivery)
        result, arrives = self._send_script.popleft() if self._send_script else (Accepted(ref=delivery.key), True)
        if arrives:
            self.received.append(delivery)
        if isinstance(result, Exception):
            raise result
        return result

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:
        """Play the next result, or say whether the message has arrived."""
        self.look_ups.append((delivery, since))
        if self._look_up_script:
            result = self._look_up_script.popleft()
            if isinstance(result, Exception):
                raise result
            return result
        if any(one.key == delivery.key for one in self.received):
            return Accepted(ref=delivery.key)
        return Rejected(reason="it never arrived", retry=True)

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True
