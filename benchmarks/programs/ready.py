"""A cold start: the handler is imported. Prints when that was done."""

import time

import app

handler = app.lambda_handler
print(time.monotonic_ns())
