"""cfn-lint on what `make lint` does not show it: the template as SAM translates it, and without its exceptions.

Its rules about IAM pass over templates that are SAM's. And an exception that nothing needs any more is not noticed.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

from permissions import NOT_IN_THE_REFERENCE
from stack import PROJECT, Json, template_source, translated

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
SERVERLESS_RULES = ("--append-rules", "cfn_lint_serverless.rules")
PATIENCE_SECONDS = 120


def lint(template: Json, folder: Path, *options: str) -> list[Json]:
    """What cfn-lint finds; with a warning it does not end well either."""
    file = folder / "template.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    done = subprocess.run(
        [CFN_LINT, "--format", "json", *options, "--template", file],
        env={"HOME": str(folder), "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    found: list[Json] = json.loads(done.stdout or "[]")
    assert bool(found) == (done.returncode != 0), done.stderr
    return found


def unknown_actions(found: list[Json]) -> set[str]:
    """What the rule about actions (W3037) does not know; other findings as they are."""
    return {
        re.sub(r" is not one of .*", "", finding["Message"]) if finding["Rule"]["Id"] == "W3037" else str(finding)
        for finding in found
    }


def test_what_cloudformation_gets_is_clean(tmp_path: Path) -> None:
    beyond = {f"'{action.partition(':')[2].lower()}'" for action in NOT_IN_THE_REFERENCE}

    assert unknown_actions(lint(translated(), tmp_path)) == beyond


def test_an_action_that_does_not_exist_is_found(tmp_path: Path) -> None:
    worse = copy.deepcopy(translated())
    [grant, *_] = worse["Resources"]["TimeoutRaiserRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    grant["Action"] = ["sqs:ReceiveMail"]

    assert "'receivemail'" in unknown_actions(lint(worse, tmp_path))


def exceptions(template: Json) -> dict[str, set[str]]:
    """Rules that are switched off, by resource."""
    return {
        name: set(resource["Metadata"]["cfn-lint"]["config"]["ignore_checks"])
        for name, resource in template["Resources"].items()
        if "cfn-lint" in resource.get("Metadata", {})
    }


def test_no_rule_is_switched_off_in_vain(tmp_path: Path) -> None:
    template = template_source()
    expected = exceptions(template)
    for name in expected:
        del template["Resources"][name]["Metadata"]["cfn-lint"]
    needed: dict[str, set[str]] = {}
    for finding in lint(template, tmp_path, *SERVERLESS_RULES):
        needed.setdefault(finding["Location"]["Path"][1], set()).add(finding["Rule"]["Id"])

    assert needed == expected


def test_every_rule_that_is_switched_off_has_its_reason() -> None:
    text = (PROJECT / "template.yaml").read_text(encoding="utf-8")
    with_reason = re.findall(r"^ +- [A-Z]{1,2}\d{4}  # .{10,}$", text, re.MULTILINE)

    assert len(with_reason) == sum(map(len, exceptions(template_source()).values()))


def test_no_rule_is_switched_off_for_the_whole_template() -> None:
    assert "cfn-lint" not in template_source()["Metadata"]
    assert not list(PROJECT.glob(".cfnlintrc*"))
