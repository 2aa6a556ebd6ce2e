"""The remote side: a small library that speaks Genesys Cloud's HTTP API.

From the outside in: `connections` opens sessions on connections that stay; `flows`, `architect`, `catalogue` and
`data_actions` read and write documents (behind `architect`, in this order: `architect_publish`, `architect_lock`,
`architect_waiting`, `architect_calls`, `architect_metadata`; behind `data_actions`: `function_actions`,
`function_calls`); `action_analytics` asks how long actions take, `dependencies` who uses them; `session` makes
authorized calls, `refusals` says what a refused one means, `login` finds the token, `patience` sends again, `answers`
says what an answer means, `transport` makes one attempt, `wire` holds it to the deadline, `credentials` reads the
organization's secret, `integration_action` says what holds for one, `document` is what is read, `differences` compares
two of them, `json_text` and `schema` read JSON, `clock` hands time and chance in, `retry` and `deadline` say how long
anything may wait, `doubt` whether an answer can be expected, `errors` draws what can go wrong. A module imports only
from those after it, which tests/unit/test_imports.py holds.
"""
