"""The remote side: a small library that speaks Genesys Cloud's HTTP API.

From the outside in: `flows` reads and publishes documents, `session` makes authorized calls, `login` finds the
token, `patience` sends again, `answers` says what an answer means, `transport` makes one attempt, `credentials` reads
the organization's secret, `json_text` and `schema` read documents, `retry` and `deadline` say how long anything may
wait, `errors` draws what can go wrong. A module imports only from those after it.
"""
