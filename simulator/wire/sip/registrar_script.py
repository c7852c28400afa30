"""What hands have ordered a registrar and proxy to do wrong (SIP sheet 20)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class ScriptedAnswer:
    """Instead of the true answer to requests of one method. `left` counts down; None: all of them."""

    status: int
    retry_after: int | None = None
    """Seconds; for 503 and other 5xx or 6xx."""
    min_expires: int | None = None
    """Seconds; for 423."""
    left: int | None = None


@dataclass(slots=True)
class RegistrarScript:
    """The defaults are a registrar that does everything right. Users are user parts; empty means all of them."""

    silent: bool = False
    """Hears nothing."""
    delay: float = 0.0
    """Seconds by which every message of its own leaves late."""
    algorithms: tuple[str, ...] = ()
    """Digest algorithms of the challenges, in this order, in place of those of the settings."""
    expires: int | None = None
    """Longest registration that is granted."""
    wrong_realm: set[str] = field(default_factory=set)
    """Users whose challenges name another realm than that of their passwords."""
    stale: set[str] = field(default_factory=set)
    """Users for whom every nonce is stale."""
    refuse: set[str] = field(default_factory=set)
    """Users whose every answer to a challenge is wrong."""
    answers: dict[tuple[str, str], ScriptedAnswer] = field(default_factory=dict)
    """By method and user."""

    def strikes(self, users: set[str], user: str) -> bool:
        """Whether an order for these users concerns this one."""
        return user in users or "" in users

    def answer_to(self, method: str, user: str) -> ScriptedAnswer | None:
        """The scripted answer to a new request, counted; None: the truth."""
        for key in ((method, user), (method, "")):
            scripted = self.answers.get(key)
            if scripted is None or scripted.left == 0:
                continue
            if scripted.left is not None:
                scripted.left -= 1
            return scripted
        return None
