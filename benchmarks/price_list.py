"""AWS's list prices in us-east-1, and the memory that the template pays for.

Source: the public pricing pages of each service, without any free tier or discount. As of November 2025.
"""

from __future__ import annotations

import re

from benchmarks.run import PROJECT

LAMBDA_ARM64_GB_SECOND = 0.0000133334
"""AWS Lambda Pricing, arm64, first tier. Billed by the millisecond; a GB is 1,024 MB."""
LAMBDA_REQUEST = 0.20 / 1e6
"""AWS Lambda Pricing."""
SQS_CALL = 0.40 / 1e6
"""Amazon SQS pricing, standard queues; one call carries up to ten messages or 64 KB."""
EVENTBRIDGE_EVENT = 1.00 / 1e6
"""Amazon EventBridge pricing, custom events; each 64 KB count as one."""
DYNAMODB_WRITE_UNIT = 0.625 / 1e6
"""Amazon DynamoDB pricing, on-demand: one item of up to 1 KB written."""
DYNAMODB_READ_UNIT = 0.125 / 1e6
"""Amazon DynamoDB pricing, on-demand: one item of up to 4 KB read consistently."""
SECRETS_MANAGER_CALL = 0.05 / 1e4
"""AWS Secrets Manager pricing."""
LOGS_BYTE = 0.50 / 2**30
"""Amazon CloudWatch pricing, logs taken in."""

FULL_PROCESSOR_MEGABYTES = 1769
"""With so much memory Lambda gives one whole processor, with less a share of it (AWS Lambda Developer Guide)."""


def memory_size_megabytes() -> int:
    """`MemorySize` of the timeout raiser in the template."""
    template = (PROJECT / "template.yaml").read_text()
    function = template[template.index("  TimeoutRaiserFunction:") :]
    found = re.search(r"^      MemorySize: (\d+)$", function, re.MULTILINE)
    if found is None:
        raise RuntimeError("TimeoutRaiserFunction has no MemorySize in template.yaml")
    return int(found[1])
