"""checkov finds nothing in the template but what .checkov.yaml skips for a reason. It needs an environment of its own,
requirements/audit.txt.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

from stack import PROJECT, Json, translated

CHECKOV = Path(os.environ.get("CHECKOV", PROJECT / ".venv-audit" / "bin" / "checkov"))
CONFIGURATION = PROJECT / ".checkov.yaml"
PATIENCE_SECONDS = 120
OFFLINE = Path(__file__).with_name("offline")
CALLED_OUT = 97
"""How checkov ends if it turns to the network: offline/sitecustomize.py."""
NO_NEWS = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}
"""Else it asks PyPI whether there is a newer one; no option and no configuration says so."""

WRITTEN, TRANSLATED, BROKEN = "template.yaml", "translated.json", "broken.json"

pytestmark = pytest.mark.skipif(not CHECKOV.exists(), reason=f"needs checkov: no {CHECKOV}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it is written, as CloudFormation gets it, and as it must not be."""
    folder = tmp_path_factory.mktemp("templates")
    shutil.copy(PROJECT / "template.yaml", folder / WRITTEN)
    (folder / TRANSLATED).write_text(json.dumps(translated(), indent=1), encoding="utf-8")
    (folder / BROKEN).write_text(json.dumps(broken(translated()), indent=1), encoding="utf-8")
    return folder


def broken(template: Json) -> Json:
    """A template with a wrong of each kind that the audit is there for."""
    worse = copy.deepcopy(template)
    resources = {name: body["Properties"] for name, body in worse["Resources"].items()}
    [grant, *_] = resources["TimeoutRaiserRole"]["Policies"][0]["PolicyDocument"]["Statement"]
    grant |= {"Action": "*", "Resource": "*"}
    [trust] = resources["LatencyProbeRole"]["AssumeRolePolicyDocument"]["Statement"]
    trust["Principal"] = {"AWS": "*"}
    resources["TimeoutRaiserFunction"]["Environment"]["Variables"]["KEY"] = "AKIA" + "IOSFODNN7EXAMPLE"
    del resources["TimeoutRaiserLogGroup"]["RetentionInDays"]
    del resources["Ledger"]["PointInTimeRecoverySpecification"]
    return worse


FOUND_IN_BROKEN = {
    ("CKV_AWS_63", "AWS::IAM::Role.TimeoutRaiserRole"),
    ("CKV_AWS_60", "AWS::IAM::Role.LatencyProbeRole"),
    ("CKV_AWS_45", "AWS::Lambda::Function.TimeoutRaiserFunction"),
    ("CKV_AWS_66", "AWS::Logs::LogGroup.TimeoutRaiserLogGroup"),
    ("CKV_AWS_28", "AWS::DynamoDB::Table.Ledger"),
}


def audit(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CHECKOV, *arguments, "--output", "json"],
        cwd=folder,  # where there is no configuration that it would find by itself
        env={"HOME": str(folder), "PATH": os.defpath, "PYTHONPATH": str(OFFLINE), **NO_NEWS},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def report_of(done: subprocess.CompletedProcess[str]) -> Json:
    try:
        report: Json = json.loads(done.stdout)
    except ValueError:
        pytest.fail(f"checkov ended with {done.returncode}: {done.stdout}{done.stderr}")
    return report


def findings(report: Json, file: str) -> dict[tuple[str, str], str]:
    """What is wrong in a file: check and resource, and where that is in words."""
    return {
        (found["check_id"], found["resource"]): f"{found['check_id']} {found['check_name']}: {found['resource']}, "
        f"{file}:{found['file_line_range'][0]}"
        for found in report["results"]["failed_checks"]
        if found["file_path"] == f"/{file}"
    }


@pytest.fixture(scope="module")
def unexcused(folder: Path) -> Json:
    """What checkov says when nothing is skipped."""
    files = [argument for file in (WRITTEN, TRANSLATED, BROKEN) for argument in ("--file", file)]
    return report_of(audit(folder, *files, "--framework", "cloudformation", "--skip-download"))


@pytest.fixture(scope="module")
def skipped() -> set[str]:
    return set(yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["skip-check"])


@pytest.mark.parametrize("file", [WRITTEN, TRANSLATED])
def test_the_template_is_clean_but_for_what_is_skipped(unexcused: Json, skipped: set[str], file: str) -> None:
    wrong = [words for (check, _), words in findings(unexcused, file).items() if check not in skipped]

    assert not wrong, "\n".join(wrong)


def test_the_configuration_says_so_to_checkov_itself(folder: Path) -> None:
    """As a person would run it, who gets the configuration by its place."""
    done = audit(folder, "--config-file", CONFIGURATION, "--file", WRITTEN, "--file", TRANSLATED)
    summary: dict[str, Any] = report_of(done)["summary"]

    assert (done.returncode, summary["failed"], summary["parsing_errors"]) == (0, 0, 0)
    assert summary["passed"] > summary["resource_count"] / 3, "checkov looked at next to nothing"


@pytest.mark.parametrize("file", [WRITTEN, TRANSLATED])
def test_no_check_is_skipped_in_vain(unexcused: Json, skipped: set[str], file: str) -> None:
    in_vain = skipped - {check for check, _ in findings(unexcused, file)}

    assert not in_vain, f"would pass by now: {', '.join(sorted(in_vain))}"


def test_every_skip_has_its_reason() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8").partition("skip-check:\n")[2]

    assert re.fullmatch(r"((  # .+\n)+  - CKV_AWS_\d+\n)+", text)


def test_what_is_wrong_is_found(unexcused: Json) -> None:
    assert findings(unexcused, BROKEN).keys() - findings(unexcused, TRANSLATED).keys() >= FOUND_IN_BROKEN


def test_it_would_be_noticed_if_checkov_called_out(folder: Path) -> None:
    """Its maker's platform, that is: for descriptions of its checks, unless it is told not to."""
    done = audit(folder, "--file", WRITTEN, "--framework", "cloudformation")

    assert done.returncode == CALLED_OUT, done.stdout + done.stderr
    assert "called out: socket.getaddrinfo('api0.prismacloud.io'" in done.stderr
