"""The remote side: a small library that speaks Genesys Cloud's HTTP API.

From the outside in: `flows`, `architect` and `data_actions` read and write documents (behind `architect`, in this
order: `architect_publish`, `architect_lock`, `architect_waiting`, `architect_calls`, `architect_metadata`),
`dependencies` says who uses an action, `session` makes authorized calls, `login` finds the token, `patience` sends
again, `answers` says what an answer means, `transport` makes one attempt, `credentials` reads the organization's
secret, `integration_action` says what holds for one, `document` is what is read, `differences` compares two of them,
`json_text` and `schema` read JSON, `retry` and `deadline` say how long anything may wait, `errors` draws what can go
wrong. A module imports only from those after it.
"""
