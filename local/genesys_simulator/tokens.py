"""Access tokens, which really expire."""

import secrets
import threading
from collections.abc import Callable


class Tokens:
    """The tokens in force."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._expiry: dict[str, float] = {}

    def issue(self, expires_in: float) -> str:
        """A new token, good for that many seconds."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._expiry[token] = self._clock() + expires_in
        return token

    def valid(self, token: str) -> bool:
        """Whether it was issued here and has not expired."""
        with self._lock:
            return self._clock() < self._expiry.get(token, float("-inf"))

    def expire_all(self) -> None:
        """From now on no token given so far is good."""
        with self._lock:
            self._expiry.clear()
