"""Flows shaped like real exports, all the way over HTTP: read, raised and put back, and nothing else changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changes import Change, DocumentChange, Rules
from documents.kinds import DocumentKey, Kind
from fakes import FakeLedger, FakeSecrets, FakeTime, Json, Watcher, a_request, indexed, shortest
from genesys_cloud import json_text
from genesys_cloud.architect import ArchitectFlowStore
from genesys_cloud.connections import Connections
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.data_actions import DataActionStore
from genesys_simulator import GenesysSimulator
from timeout_request import TimeoutRequest

SUGGESTED = {"Get Balance": 10, "Get Orders": 20, "Größe 🙂": 60}
"""The integration actions, by their names, and the timeouts that they have of their own."""
CALLING = ("DataAction", "SecureAction", "BridgeServerAction")
KEY = DocumentKey("default", Kind.ARCHITECT_FLOW, "f")

texts = st.text(max_size=6)
values = st.none() | st.booleans() | st.integers(-5, 5) | st.integers(10**20, 10**25) | texts


def typed(text: str, kind: str, config: Json, **more: Any) -> Json:
    """A value as Architect writes it: its text, and how that was understood."""
    return {"config": config, "text": text, "type": kind, "uiMetaData": {"mode": 1}, "metaData": {}, **more}


@st.composite
def timeouts(draw: st.DrawFn) -> Json:
    """A literal, spelled as the platform does."""
    seconds = draw(st.integers(1, 59))
    text = draw(st.sampled_from([f"P0D0H0M{seconds}S0F", f"P0D0H0M{seconds - 1}S1000F", "P0D0H1M0S0F"]))
    literal = draw(st.permutations([("pos", 1), ("text", text), ("type", "dur")]))
    extra: Json = draw(
        st.sampled_from([{}, {"outOfService": False}, {"outOfService": True}, {"version": 2, "ключ": [None]}])
    )
    return typed(text, "dur", {"lit": dict(literal)}, **extra)


@st.composite
def steps(draw: st.DrawFn) -> Json:
    """A step that calls an integration action, or one of another kind that looks much like it."""
    name = draw(st.sampled_from(sorted(SUGGESTED)))
    members = {
        "actionName": name,
        "actionId": f"custom_-_{sorted(SUGGESTED).index(name)}",
        "useSuggestedTimeout": draw(st.booleans()),
        "trackingId": draw(st.integers(1, 10**20)),
        "name": draw(st.sampled_from(["Call Data Action", "Get Orders", "Ask"])),
        "__type": draw(st.sampled_from([*CALLING, *CALLING, "CallTask"])),
        "timeout": draw(timeouts()),
        "inputs": [{"name": "in", "value": typed(draw(texts), "str", {"emp": {"pos": 1, "text": ""}})}],
        "paths": draw(st.lists(st.fixed_dictionaries({"outputId": texts}, optional={"label": values}), max_size=2)),
    }
    if draw(st.booleans()):
        members["processingPrompt"] = {"timeout": typed("P0D0H1M0S0F", "dur", {"lit": {"text": "P0D0H1M0S0F"}})}
    return dict(draw(st.permutations(sorted(members.items()))))


@st.composite
def exports(draw: st.DrawFn) -> Json:
    """A whole configuration: tasks, menus and states with flat lists of steps, each with an id of its own."""
    kinds = st.sampled_from(["Task", "LoopTask", "Menu", "State", "BotState"])
    items = draw(st.lists(st.tuples(kinds, st.lists(steps(), max_size=4)), min_size=1, max_size=3))
    ids = count(1)
    sequence = [
        {
            "__type": kind,
            "id": f"item-{next(ids)}",
            "actionList": [{"__type": "Decision", "id": f"d-{next(ids)}"}]
            + [{"id": f"s-{next(ids)}", **step} for step in listed],
            "variables": [typed(draw(texts), "str", {"lit": draw(values)})],
        }
        for kind, listed in items
    ]
    return {"name": "Billing", "type": "inboundcall", "x": draw(values), "flowSequenceItemList": sequence}


def calling(configuration: Json) -> list[Json]:
    """The oracle: the steps that call an action, as plainly as an export lists them."""
    lists = [item["actionList"] for item in configuration["flowSequenceItemList"]]
    return [step for listed in lists for step in listed if step["__type"] in CALLING]


def effective(step: Json) -> float:
    timeout = step["timeout"]
    if step["useSuggestedTimeout"] or timeout.get("outOfService"):
        return SUGGESTED[step["actionName"]]
    minutes, rest = timeout["text"].removeprefix("P0D0H").split("M")
    seconds, milliseconds = rest.rstrip("F").split("S")
    return int(minutes) * 60 + int(seconds) + int(milliseconds) / 1000


def asked_for(configuration: Json, name: str) -> list[Json]:
    """The steps that call an action of this name or, where none does, are called so themselves."""
    steps = calling(configuration)
    return [s for s in steps if s["actionName"] == name] or [s for s in steps if s["name"] == name]


def raised(configuration: Json, name: str, seconds: int) -> tuple[Json, list[str]]:
    """What should come of a raise, and of which steps."""
    expected: Json = json.loads(json.dumps(configuration))
    changed = [step for step in asked_for(expected, name) if effective(step) < seconds]
    for step in changed:
        step["useSuggestedTimeout"] = False
        step["timeout"]["text"] = step["timeout"]["config"]["lit"]["text"] = f"P0D0H0M{seconds}S0F"
        if "outOfService" in step["timeout"]:
            step["timeout"]["outOfService"] = False
    return expected, [step["id"] for step in changed]


class Place:
    """The simulator, and invocations that come to it one after the other."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self.genesys = genesys
        self.ledger = FakeLedger()
        secret = {
            "client_id": genesys.settings.client_id,
            "client_secret": genesys.settings.client_secret,
            "base_url": genesys.url,
        }
        secrets = CredentialsStore("genesys", lambda: FakeSecrets(genesys=secret))
        self._connections = Connections(secrets, at_once=2, connect_timeout=3, read_timeout=10)

    def change(self, request: TimeoutRequest) -> Change:
        deadline = FakeTime().deadline(60)
        session = self._connections.open_session("default", deadline, Watcher())
        store = ArchitectFlowStore(session, DataActionStore(session), deadline, jitter=shortest)
        change = DocumentChange(
            KEY,
            store,
            self.ledger,
            requests=indexed(request),
            rules=Rules(3, 5, shortest),
            deadline=deadline,
            observer=Watcher(),
        )
        return change.run(store.read("f"))

    @property
    def published(self) -> bytes:
        version = self.genesys.architect_flow("f").published
        assert version
        return version.body


@pytest.fixture(scope="module")
def genesys() -> Iterator[GenesysSimulator]:
    with GenesysSimulator() as simulator:
        simulator.configure(rate_limit_calls=None, publish_polls=0)
        for number, name in enumerate(sorted(SUGGESTED)):
            simulator.put_action(f"custom_-_{number}", name, timeout_seconds=SUGGESTED[name])
        yield simulator


@settings(max_examples=40)
@given(exports(), st.sampled_from([*sorted(SUGGESTED), "Ask"]), st.integers(1, 59))
def test_every_step_is_found_the_change_applied_put_back_and_nothing_else_changed(
    genesys: GenesysSimulator, configuration: Json, name: str, seconds: int
) -> None:
    text = json_text.dump(configuration)
    genesys.put_architect_flow("f", text)
    place = Place(genesys)

    looked = place.change(a_request(operation="inspect", action_name=None, timeout_seconds=None))
    shown = [(change.slot.id, change.slot.name, change.effective_after) for change in looked.plan.changes[0]]
    assert shown == [(step["id"], step["actionName"], effective(step)) for step in calling(configuration)]
    assert looked.notes == ()

    expected, changed = raised(configuration, name, seconds)
    done = place.change(a_request(action_name=name, timeout_seconds=seconds))
    assert [change.slot.id for change in done.plan.changes[0] if change.changed] == changed
    assert len(done.plan.changes[0]) == len(asked_for(configuration, name))
    assert place.published == json_text.dump(expected)
    assert done.notes == ()
    assert place.genesys.architect_flow("f").locked_client is None
    assert done.version == ("2.0" if changed else "1.0")

    back = place.change(a_request(action_name=name, operation="restore", timeout_seconds=None))
    assert place.published == text
    assert [change.slot.id for change in back.plan.changes[0] if change.changed] == changed
    assert back.version == ("3.0" if changed else "1.0")
