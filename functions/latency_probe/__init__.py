"""The latency probe: measures how long Data Actions take, for CloudWatch and its alarms.

`app` is the entry. Below it, from the street to the back: `settings`, `telemetry`; `measuring`, which sees to one
organization; `metrics`, what CloudWatch gets; `checkpoints`, up to where was measured; `intervals`, what is next.
A module imports only from those after it. A package of its own, unlike the other function: both have an `app`.
"""
