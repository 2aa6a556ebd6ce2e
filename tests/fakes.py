"""Stand-ins for what the code is handed: time, chance, documents, ledger, the wire, AWS. Each can fail on demand."""

from __future__ import annotations

import io
import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ClientError, ReadTimeoutError
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse, Timeout

from aws.queues import DeadLetterQueue, RequestQueue
from documents.kinds import NATURES, DocumentKey, Kind
from documents.steps import Slot
from genesys_cloud import json_text
from genesys_cloud.data_actions import ActionName, NamedActions
from genesys_cloud.deadline import Deadline
from genesys_cloud.document import Document, version_of
from genesys_cloud.errors import AnswerLost, Conflict, DataActionNotFound, FlowNotFound, GenesysCloudError
from ledger import Entry, Goals, LedgerUnavailable, Memory, Record, RecordChanged, StepKey
from timeout_request import RequestReader, TimeoutRequest

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_sqs import SQSClient

Json = dict[str, Any]
Happening = Exception | Callable[[], None]
"""What is made to happen at a call: an error is raised, a function is called."""

READER = RequestReader()


def a_request(**fields: Any) -> TimeoutRequest:
    """A valid request for Data Action "A" of Flow "f": 10 seconds, unless the fields say otherwise; None drops one."""
    all_fields = {"flow_id": "f", "action_name": "A", "timeout_seconds": 10} | fields
    given = {name: value for name, value in all_fields.items() if value is not None}
    return READER.read(given, default_request_id="the-message")


def indexed(*requests: TimeoutRequest) -> list[tuple[int, TimeoutRequest]]:
    return list(enumerate(requests))


def step(name: str = "A", timeout: object = None, **others: Any) -> Json:
    """A Data Action; without `settings` when no timeout is given."""
    settings = {} if timeout is None else {"settings": {"timeout": timeout}}
    return {"type": "data-action", "name": name, **others, **settings}


def flow(*steps: Json, version: object = "1") -> Json:
    return {"name": "a Flow", "version": version, "steps": list(steps)}


def subflow(flow_id: str, **others: Any) -> Json:
    return {"type": "sub-flow", "flowId": flow_id, **others}


def action(name: str = "A", timeout: object = None, *, version: object = 1, **others: Any) -> Json:
    """An integration action that can be edited."""
    seconds = {} if timeout is None else {"timeoutSeconds": timeout}
    config = {"request": {"requestUrlTemplate": "/x"}, "response": {}, **seconds}
    return {"id": f"custom_-_{name}", "name": name, "category": "c", "version": version, "config": config, **others}


def flow_key(flow_id: str = "f", organization: str = "default") -> DocumentKey:
    return DocumentKey(organization, Kind.FLOW, flow_id)


def action_key(action_id: str = "custom_-_A", organization: str = "default") -> DocumentKey:
    return DocumentKey(organization, Kind.DATA_ACTION, action_id)


# -- time and chance ---------------------------------------------------------------------------------------------------


class FakeTime:
    """A clock that only goes on when someone sleeps, or when told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, clock=self.clock, sleep=self.sleep)


def longest(low: float, high: float) -> float:  # noqa: ARG001
    """Jitter that always takes the upper bound."""
    return high


def shortest(low: float, high: float) -> float:  # noqa: ARG001
    return low


# -- Genesys Cloud -----------------------------------------------------------------------------------------------------


class FakeDocuments:
    """Documents of one kind with versions: a publish of what is no longer current is a conflict, as in Genesys Cloud.

    Attributes:
        on_read, on_write: what happens instead of, or before, the next reads and writes: an error is raised, a function
            is called first.
        slow: seconds that each read and write takes, on the given time.
    """

    kind: ClassVar[Kind]
    not_found: ClassVar[type[GenesysCloudError]]

    def __init__(self, time: FakeTime | None = None, slow: float = 0.0, **bodies: Json) -> None:
        self._texts = {document_id: json_text.dump(body) for document_id, body in bodies.items()}
        self._time = time
        self._slow = slow
        self._lock = threading.Lock()
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.on_read: deque[Happening] = deque()
        self.on_write: deque[Happening] = deque()
        self.lost_answers = 0

    def read(self, document_id: str, /) -> Document:
        with self._lock:
            self.reads.append(document_id)
            self._take_time()
            _happen(self.on_read)
            if document_id not in self._texts:
                raise self.not_found(f"no {NATURES[self.kind].title} {document_id}", http_status=404)
            body = self.body(document_id)
            return Document(document_id, body, version_of(body))

    def write(self, document: Document, /) -> str | None:
        with self._lock:
            self.writes.append(document.id)
            self._take_time()
            _happen(self.on_write)
            if document.version != version_of(self.body(document.id)):
                raise Conflict(
                    "someone else was faster", http_status=409, genesys_code="conflict", correlation_id="c-1"
                )
            version = self._publish(document.id, document.body)
            if self.lost_answers:
                self.lost_answers -= 1
                raise AnswerLost("PUT: no whole answer (reset)")
            return version

    def body(self, document_id: str) -> Json:
        return cast("Json", json_text.parse(self._texts[document_id]))

    def slots(self, body: Json) -> list[Slot]:
        return NATURES[self.kind].find_steps(Document("", body, None)).slots

    def timeouts(self, document_id: str) -> list[float | None]:
        return [slot.seconds for slot in self.slots(self.body(document_id))]

    def someone_else_publishes(self, document_id: str, *timeouts: int) -> None:
        """Someone gives the document's Data Actions these timeouts, in order; without any, only the version goes on."""
        body = self.body(document_id)
        for slot, seconds in zip(self.slots(body), timeouts, strict=False):
            slot.write(seconds)
        self._publish(document_id, body)

    def _publish(self, document_id: str, body: Json) -> str:
        version = str(int(self.body(document_id)["version"]) + 1)
        self._texts[document_id] = json_text.dump({**body, "version": version})
        return version

    def _take_time(self) -> None:
        if self._time:
            self._time.now += self._slow


class FakeFlows(FakeDocuments):
    """Published Flows."""

    kind = Kind.FLOW
    not_found = FlowNotFound


class FakeActions(FakeDocuments):
    """Integration actions, which are also found by name.

    Attributes:
        on_look_up: what happens before the next look-ups of a name, as in `on_read`.
    """

    kind = Kind.DATA_ACTION
    not_found = DataActionNotFound

    def __init__(self, time: FakeTime | None = None, slow: float = 0.0, **bodies: Json) -> None:
        super().__init__(time, slow, **bodies)
        self.looked_up: list[str] = []
        self.on_look_up: deque[Happening] = deque()

    def named(self, name: str, /) -> NamedActions:
        with self._lock:
            self.looked_up.append(name)
            _happen(self.on_look_up)
            there = [ActionName(action_id, self.body(action_id)["name"]) for action_id in self._texts]
        return NamedActions([it for it in there if it.name == name], [it for it in there if it.name != name])


def _happen(planned: deque[Happening]) -> None:
    if planned:
        event = planned.popleft()
        if isinstance(event, Exception):
            raise event
        event()


class Watcher:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.seconds: list[float] = []
        self.unrecorded: list[tuple[str, str]] = []

    def published(self) -> None:
        self.told.append("published")

    def conflicted(self) -> None:
        self.told.append("conflicted")

    def not_recorded(self, what: str, why: str) -> None:
        self.told.append("not recorded")
        self.unrecorded.append((what, why))

    def throttled(self) -> None:
        self.told.append("throttled")

    def call_answered(self, seconds: float) -> None:
        self.seconds.append(seconds)


class FakeSecrets:
    """Secrets by name; what is an exception is raised. Rotated values show only past every cache."""

    def __init__(self, **secrets: object) -> None:
        self.secrets = secrets
        self.rotated: dict[str, object] = {}
        self.asked: list[tuple[str, bool]] = []

    def get(self, name: str, max_age: int | None = None, *, force_fetch: bool = False) -> Any:  # noqa: ARG002
        self.asked.append((name, force_fetch))
        if force_fetch:
            self.secrets |= self.rotated
        value = self.secrets[name]
        if isinstance(value, Exception):
            raise value
        return value if isinstance(value, str | bytes) else json.dumps(value)


# -- the ledger --------------------------------------------------------------------------------------------------------


class FakeLedger:
    """The ledger in memory, with the conditions of the real one, and all that is kept turned to JSON and back.

    Like the real one it is not asked again once it has not answered, until the next invocation. It is down, raced or
    its answers are lost on demand.

    Attributes:
        calls: what it was asked: operation and subject, such as ("recall", "Flow f"), ("write", "Flow f 2").
        down: why it does not answer, None while it does.
        before: per operation what happens before the next calls of it: an error is raised instead of them, a function
            is called first.
        lost_answers: operations whose next call does what it is to do, but is not answered.
    """

    def __init__(self, time: FakeTime | None = None) -> None:
        self._time = time or FakeTime()
        self._records: dict[DocumentKey, tuple[int, str]] = {}
        self._decisions: dict[tuple[DocumentKey, str], str] = {}
        self._finished: set[str] = set()
        self._trouble: str | None = None
        self._lock = threading.RLock()
        self.calls: list[tuple[str, str]] = []
        self.down: str | None = None
        self.before: defaultdict[str, deque[Happening]] = defaultdict(deque)
        self.lost_answers: set[str] = set()

    # -- as the code sees it -------------------------------------------------------------------------------------------

    def recall(self, key: DocumentKey, transitions: Sequence[str]) -> Memory:
        with self._asked("recall", str(key)):
            goals = {name: self.decision(key, name) for name in transitions}
            known = {name: decided for name, decided in goals.items() if decided is not None}
            return Memory(self.record(key), decisions=known, now=self._time.clock())

    def presume(self, key: DocumentKey) -> Memory:
        return Memory(Record(key), now=self._time.clock())

    def decide(self, key: DocumentKey, transition: str, goals: Goals) -> None:
        with self._asked("decide", f"{key} {transition}"):
            if (key, transition) in self._decisions:
                raise RecordChanged
            self._decisions[key, transition] = json.dumps([[list(step), seconds] for step, seconds in goals])

    def write(self, record: Record) -> None:
        with self._asked("write", f"{record.key} {record.revision}"):
            before, _ = self._records.get(record.key, (record.revision - 1, ""))
            if before != record.revision - 1:
                raise RecordChanged(self.record(record.key))
            self._keep(record)

    def finished(self, transitions: Sequence[str]) -> set[str]:
        with self._asked("finished", " ".join(transitions)):
            return self._finished & set(transitions)

    def finish(self, transitions: Sequence[str]) -> None:
        with self._asked("finish", " ".join(transitions)):
            self._finished |= set(transitions)

    # -- as the test sees it -------------------------------------------------------------------------------------------

    def new_invocation(self) -> None:
        """From here on it is asked again, also if it did not answer before."""
        self._trouble = None

    def record(self, key: DocumentKey) -> Record:
        """What is remembered of a document."""
        revision, text = self._records.get(key, (0, "[]"))
        return Record(key, revision, tuple(Entry.from_json(fields) for fields in json.loads(text)))

    def entries(self, key: DocumentKey) -> dict[str | None, Entry]:
        """What is remembered of its steps, by their names."""
        return {entry.name: entry for entry in self.record(key).entries}

    def decision(self, key: DocumentKey, transition: str) -> Goals | None:
        """What was decided for a document, if anything was."""
        text = self._decisions.get((key, transition))
        return None if text is None else [(StepKey(*step), seconds) for step, seconds in json.loads(text)]

    def is_finished(self, transition: str) -> bool:
        return transition in self._finished

    def someone_else_writes(self, key: DocumentKey, *entries: Entry) -> None:
        """Another invocation writes the document's record, these entries in the place of their former selves."""
        self._keep(self.record(key).with_entries(entries, self._time.clock()))

    def is_raced(self, key: DocumentKey, times: int) -> None:
        """Before each of the next writes, another invocation writes the document's record."""
        self.before["write"].extend([lambda: self.someone_else_writes(key)] * times)

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    # -- within --------------------------------------------------------------------------------------------------------

    @contextmanager
    def _asked(self, operation: str, subject: str) -> Iterator[None]:
        with self._lock:
            if self._trouble:
                raise LedgerUnavailable(self._trouble)
            self.calls.append((operation, subject))
            try:
                if self.down:
                    raise LedgerUnavailable(self.down)
                _happen(self.before[operation])
                yield
                if operation in self.lost_answers:
                    self.lost_answers.remove(operation)
                    raise LedgerUnavailable(f"{operation}: no answer")
            except LedgerUnavailable as error:
                self._trouble = error.message
                raise

    def _keep(self, record: Record) -> None:
        text = json.dumps([entry.as_json() for entry in record.entries], allow_nan=False)
        self._records[record.key] = (record.revision, text)


# -- AWS ---------------------------------------------------------------------------------------------------------------


def aws_error(what: str | Exception, operation: str, **more: Any) -> Exception:
    """An answer with this error code; what is an error already (no answer at all) is taken as it is."""
    if isinstance(what, Exception):
        return what
    answer: Any = {"Error": {"Code": what, "Message": f"{what} happened"}, **more}
    return ClientError(answer, operation)


NO_ANSWER = ReadTimeoutError(endpoint_url="https://aws")


class FakeSqs:
    """SQS as far as it is used; entries and whole calls fail as told.

    Attributes:
        sent: entries that came to the dead-letter queue.
        put_off: bodies that came to the request queue, each with its delay.
        waits: new visibility timeouts, by receipt handle.
        refused: bodies and receipt handles that are answered under `Failed`.
        forgotten: bodies that the answer does not speak of at all.
        down: error code of every call, or what is raised in place of an answer; None while it works.
    """

    def __init__(self) -> None:
        self.calls: list[list[Json]] = []
        self.sent: list[Json] = []
        self.put_off: list[tuple[str, int]] = []
        self.waits: dict[str, int] = {}
        self.refused: set[str] = set()
        self.forgotten: set[str] = set()
        self.down: str | Exception | None = None

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Json]) -> Json:  # noqa: N803
        answer = self._answer("SendMessageBatch", Entries, "MessageBody")
        good = [entry for entry in Entries if entry["Id"] in {done["Id"] for done in answer["Successful"]}]
        if QueueUrl == "the-dlq":
            self.sent += good
        else:
            assert QueueUrl == "the-queue"
            assert all(0 <= entry["DelaySeconds"] <= 900 for entry in Entries), "SQS refuses it"
            self.put_off += [(entry["MessageBody"], entry["DelaySeconds"]) for entry in good]
        return answer

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[Json]) -> Json:  # noqa: N803
        assert QueueUrl == "the-queue"
        answer = self._answer("ChangeMessageVisibilityBatch", Entries, "ReceiptHandle")
        good = {entry["Id"] for entry in answer["Successful"]}
        self.waits |= {e["ReceiptHandle"]: e["VisibilityTimeout"] for e in Entries if e["Id"] in good}
        return answer

    def _answer(self, operation: str, entries: Sequence[Json], key: str) -> Json:
        self.calls.append(list(entries))
        if self.down:
            raise aws_error(self.down, operation)
        ids = [entry["Id"] for entry in entries]
        assert len(ids) == len(set(ids)), "SQS refuses a call with an id twice"
        assert 1 <= len(ids) <= 10, "SQS refuses a call with none or more than ten entries"
        good = [e for e in entries if e[key] not in self.refused | self.forgotten]
        bad = [e for e in entries if e[key] in self.refused]
        return {
            "Successful": [{"Id": e["Id"]} for e in good],
            "Failed": [{"Id": e["Id"], "Code": "InternalError", "Message": "not today"} for e in bad],
        }

    @property
    def client(self) -> Callable[[], SQSClient]:
        return lambda: cast("SQSClient", self)

    @property
    def dead_letters(self) -> DeadLetterQueue:
        return DeadLetterQueue("the-dlq", self.client)

    @property
    def requests(self) -> RequestQueue:
        return RequestQueue("the-queue", self.client)


class FakeEvents:
    """EventBridge as far as it is used.

    Attributes:
        down: error code of every call, or what is raised in place of an answer; None while it works.
    """

    def __init__(self) -> None:
        self.calls: list[list[Json]] = []
        self.down: str | Exception | None = None
        self.refused_details: set[str] = set()

    def put_events(self, *, Entries: Sequence[Json]) -> Json:  # noqa: N803
        self.calls.append(list(Entries))
        if self.down:
            raise aws_error(self.down, "PutEvents")
        refused = [any(text in entry["Detail"] for text in self.refused_details) for entry in Entries]
        return {"Entries": [{"ErrorCode": "InternalFailure"} if bad else {"EventId": "e"} for bad in refused]}

    @property
    def entries(self) -> list[Json]:
        return [entry for call in self.calls for entry in call]

    @property
    def client(self) -> Callable[[], EventBridgeClient]:
        return lambda: cast("EventBridgeClient", self)


def sqs_event(*bodies: str, **attributes: str) -> Json:
    """An SQS event: messages m0, m1, ... with receipt handles r0, r1, ..."""
    return {"Records": [sqs_record(f"m{n}", body, f"r{n}", **attributes) for n, body in enumerate(bodies)]}


def sqs_record(message_id: str, body: object, receipt: str = "r", **attributes: str) -> Json:
    return {
        "messageId": message_id,
        "receiptHandle": receipt,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795430000000", **attributes},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "awsRegion": "eu-west-1",
    }


def reads_from(bodies: Mapping[str, Json | GenesysCloudError]) -> tuple[Callable[..., Any], list[list[str]]]:
    """A `read_all` over these Flows, the same in every organization, and the levels in which it was asked."""
    levels: list[list[str]] = []

    def read_all(keys: Iterable[DocumentKey]) -> dict[DocumentKey, Document | GenesysCloudError]:
        asked = list(keys)
        levels.append([key.id for key in asked])
        found: dict[DocumentKey, Document | GenesysCloudError] = {}
        for key in asked:
            body = bodies.get(key.id, FlowNotFound(f"no Flow {key.id}"))
            found[key] = body if isinstance(body, GenesysCloudError) else Document(key.id, body, None)
        return found

    return read_all, levels


# -- the wire ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """A request as it left for the wire."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: Timeout


class FakeWire(BaseAdapter):
    """Stands where requests would open sockets; answers as told, in order, per path.

    An answer is a status with body and headers, an error that is raised, or a function that is asked for one of these.
    The login gives tokens t1, t2, ... unless told otherwise.
    """

    def __init__(self, time: FakeTime, slow: float = 0.0) -> None:
        super().__init__()
        self.time = time
        self.slow = slow
        self.sent: list[Sent] = []
        self._told: dict[str, deque[Any]] = defaultdict(deque)
        self._tokens = 0

    def answers(self, path: str, *answers: Any) -> None:
        self._told[path].extend(answers)

    def paths(self) -> list[str]:
        return [f"{sent.method} {urlsplit(sent.url).path}" for sent in self.sent]

    def send(  # noqa: PLR0917  # the signature of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002
        timeout: Any = None,
        verify: Any = True,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
        proxies: Any = None,  # noqa: ARG002
    ) -> requests.Response:
        url, body = request.url or "", request.body or b""
        body = body.encode() if isinstance(body, str) else body
        self.sent.append(Sent(request.method or "", url, dict(request.headers), body, timeout))
        self.time.now += self.slow
        answer = self._answer(urlsplit(url).path)
        if isinstance(answer, Exception):
            raise answer
        status, content, headers = answer
        response = requests.Response()
        response.status_code, response.url, response.request = status, url, request
        response.headers = CaseInsensitiveDict(headers)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        response.raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
        return response

    def _answer(self, path: str) -> Any:
        told = self._told[path]
        answer = told.popleft() if told else None
        if callable(answer):
            answer = answer()
        if answer is None and path == "/oauth/token":
            self._tokens += 1
            answer = answered(200, {"access_token": f"t{self._tokens}", "expires_in": 3600})
        assert answer is not None, f"nothing is prepared for {path}"
        return answer

    def close(self) -> None:
        """Nothing is open."""


def answered(status: int, body: object = b"", **headers: str) -> tuple[int, object, dict[str, str]]:
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}
