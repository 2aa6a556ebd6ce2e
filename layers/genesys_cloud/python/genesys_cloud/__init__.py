"""The remote side: a small library that speaks Genesys Cloud's HTTP API.

From the street to the back: `flows` reads and publishes documents, `session` makes calls that are retried and
authorized, `transport` makes one attempt, `credentials` reads the organization's secret, `retry` and `deadline` say how
long anything may wait, `errors` draws what can go wrong. A module imports only from those after it.
"""
