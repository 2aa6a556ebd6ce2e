"""A Genesys Cloud on loopback, for tests, benchmarks and the local run.

It speaks real HTTP/1.1, keeps Flows with versions and ETags and integration actions with versions and templates, gives
tokens that expire, limits rates, and misbehaves when told to. Flows are read and published as the source tutorial
describes it, or as Architect does it; actions, their drafts, users and figures are those of the official SDKs; errors
and limits look as on https://developer.genesys.cloud.

    with GenesysSimulator(Settings(latency_seconds=0.1)) as genesys:
        genesys.put_flow("billing", {"version": 12, "steps": []})
        genesys.fault(operation="publish", reset=True, when="after")  # published, but nobody hears of it
        ...  # point a client at genesys.url
        assert genesys.flow("billing").version == "13"

Rooms, from the street to the back: `simulator` and `simulator_architect` (the whole), `server` (sockets), `gateway`
(what stands before every route), `login`, the protocols (`publish_protocol`, `architect_protocol`, `action_protocol`,
`draft_protocol`, `dependencies_protocol`, `analytics_protocol`) and `admin` (routes), `state` and its parts. A further
protocol is one module with `ROUTES`, listed in `simulator`.
"""

from genesys_simulator.action_document import Action
from genesys_simulator.architect_flow import ArchitectFlow
from genesys_simulator.calls import Call
from genesys_simulator.faults import Fault
from genesys_simulator.flow_store import Flow
from genesys_simulator.settings import Settings
from genesys_simulator.simulator import GenesysSimulator

__all__ = ["Action", "ArchitectFlow", "Call", "Fault", "Flow", "GenesysSimulator", "Settings"]
