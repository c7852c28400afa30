"""A tester at the web page: rules, recipients and schedules made by the APIs behind it, with a plain HTTP client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from journey_bench import WORKER

from simulator.fleet.child import Child
from simulator.fleet.session import Session

USER, PASSWORD = "root", "pass"
PATIENCE = 15.0
RULES = "/config/rest/action-rules/v2beta"
SCHEDULES = "/config/rest/event-schedules/v2beta"


class WebPage:
    """What the pages Recipients, Schedules and Rules of one device do when somebody clicks Save."""

    def __init__(self, session: Session, device: str) -> None:
        self.session = session
        self.device = device

    @property
    def url(self) -> str:
        url: str = self.session.device(self.device)["url"]
        return url

    def request(self, method: str, path: str, body: str = "", kind: str = "application/json") -> str:
        """One request with digest authentication; the body of its answer."""
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self.url, USER, PASSWORD)
        opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
        data = body.encode() if body else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": kind}, method=method)
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                text: str = answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return text

    def add(self, path: str, data: dict[str, Any]) -> str:
        """The id of what was added."""
        made: str = json.loads(self.request("POST", path, json.dumps({"data": data})))["data"]["id"]
        return made

    def schedule(self, name: str, calendar: str) -> str:
        return self.add(f"{SCHEDULES}/schedules", {"name": name, "schedule": calendar})

    def recipient(self, name: str, kind: str, **parameters: object) -> str:
        rows = [{"name": key, "value": str(value)} for key, value in parameters.items()]
        return self.add(
            f"{RULES}/recipients", {"name": name, "template": f"com.axis.recipient.{kind}", "parameters": rows}
        )

    def rule(
        self,
        name: str,
        action: str,
        *conditions: dict[str, str],
        start: dict[str, str] | None = None,
        recipient: str = "",
        **parameters: object,
    ) -> str:
        rows = [{"name": key, "value": str(value)} for key, value in parameters.items()]
        configured: dict[str, Any] = {"template": f"com.axis.action.{action}", "actionParameters": rows}
        if recipient:
            configured["recipientId"] = recipient
        activation = {"condition": list(conditions), **({} if start is None else {"startEvent": start})}
        return self.add(
            f"{RULES}/rules", {"name": name, "activationConfig": activation, "actionConfig": configured}
        )


def condition(topic: str, **items: object) -> dict[str, str]:
    """A condition as the page writes it."""
    clauses = [f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])' for name, value in items.items()]
    return {"topicExpression": topic, "messageContent": " and ".join(clauses)}


def bench(child: Child, *devices: dict[str, Any], **fields: Any) -> Session:
    """A fleet on a stepped clock, with receivers."""
    session = Session(child.caller)
    clock = {"mode": "stepped"}
    site = {"receivers": True}
    session.populate(
        {"seed": 7, "block": WORKER, "clock": clock, "site": site, "devices": list(devices), **fields}
    )
    return session
