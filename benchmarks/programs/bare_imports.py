"""The limit of `ready`: the libraries that the function is built on, and nothing of the function. Prints when."""

import time

import boto3  # noqa: F401  # to import is all that is asked here
import requests  # noqa: F401
from aws_lambda_powertools import Logger, Metrics  # noqa: F401

print(time.monotonic_ns())
