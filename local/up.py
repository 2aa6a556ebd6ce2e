"""`make up`: keeps the local stack running and says how to play with it."""

from __future__ import annotations

import json
import sys
import threading

import interruption
from playground import Playground
from probe_alarms import put_alarm
from probe_look import measure_without_settling
from report import Report
from sam import PROJECT, STACK, SamFailed

AWS_PORT = 4566
SIMULATOR_PORT = 4567
STATE = PROJECT / ".local" / "up.json"
"""Where the running stack is; `make send`, `make logs` and the others read it."""
ALARM = "data-action-crm-lookup-slow"
"""An alarm that is there to be turned by hand."""
_ROUTE = {
    "target": {"flow_id": "inbound-main", "action_name": "Get Customer"},
    "policy": {"raise_by_seconds": 3, "limit_seconds": 12, "recheck_after_seconds": 15, "restore_on_ok": True},
}


def main() -> int:
    """Runs until Ctrl-C."""
    report = Report()
    interruption.ends_in_order()
    try:
        with Playground(report.step, aws_port=AWS_PORT, simulator_port=SIMULATOR_PORT) as playground:
            _put_alarm(playground)
            topic = playground.outputs["LatencyAlarmTopicArn"]
            put_alarm(playground.client("cloudwatch"), topic, statistic="Maximum", seconds=120)
            measure_without_settling(playground.client("lambda"), playground.outputs["LatencyProbeFunctionName"])
            state = {"aws": playground.aws.url, "genesys": playground.genesys.url, "outputs": playground.outputs}
            STATE.write_text(json.dumps(state))
            report.line(_invitation(playground))
            threading.Event().wait()
    except KeyboardInterrupt:
        report.line("\nstopped and cleaned up")
    except (SamFailed, RuntimeError) as error:
        report.line(f"\n{error}")
        return 1
    finally:
        STATE.unlink(missing_ok=True)
    return 0


def _put_alarm(playground: Playground) -> None:
    topic = playground.outputs["LatencyAlarmTopicArn"]
    playground.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        AlarmDescription=f"The CRM lookup is slow. {json.dumps({'timeout_raiser': _ROUTE})}",
        Namespace="Crm",
        MetricName="Latency",
        ExtendedStatistic="p99",
        Unit="Seconds",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
        OKActions=[topic],
    )


def _invitation(playground: Playground) -> str:
    outputs = playground.outputs
    wanted = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    exports = " ".join(f"{name}={playground.aws.environment[name]}" for name in wanted)
    topic = outputs["LatencyAlarmTopicArn"]
    alarm = (
        "--alarm-name crm-slow --namespace Crm --metric-name Calls --statistic Maximum --period 60"
        " --evaluation-periods 1 --threshold 3 --comparison-operator GreaterThanThreshold"
        f" --alarm-actions {topic} --ok-actions {topic}"
    )
    target, policy = {"data_action_id": "custom-crm-lookup"}, {"raise_to_seconds": 20, "restore_on_ok": True}
    route = json.dumps({"timeout_raiser": {"target": target, "policy": policy}})
    return f"""
Running. Ctrl-C stops it and cleans up. In another terminal, in this folder:

  make alarm STATE=ALARM                      an alarm burns: inbound-main / Get Customer gets 3 s more, and more every
                                              15 s up to 12 s, for as long as it burns
  make alarm STATE=OK                         it is over: what was there before is put back
  make send EVENT=events/queue/raise.json     drops a request on the queue
  make send TEXT='{{"flow_id": "callback", "action_name": "Schedule Callback", "timeout_seconds": 9}}'
  make invoke EVENT=events/alarms/action.composite.json
                                              hands an event to the function, as an alarm action would (once: a change
                                              of an alarm acts only once)
  make send EVENT=events/queue/architect-raise.json
                                              the same for an Architect Flow of the organization "platform": lock,
                                              save, publish
  make measure MS='5500 6000'                 an integration action gets slow; a minute later the latency probe has
                                              measured it, an alarm goes off, and its timeout is raised
  make measure                                what the latency probe measures now (it also does so every minute)
  make outcomes                               what became of requests and alarms, one line each
  make flows                                  every Data Action in the simulated Genesys Cloud, and locks on Flows
  make ledger                                 what was there before, and can be put back
  make dead-letters                           what was refused, and why
  make logs                                   the function's whole log
  make trouble FAULT='{{"operation": "publish", "status": 503, "times": 2}}'

The simulator says what else it can do: curl {playground.genesys.url}/_simulator/
With the AWS CLI or the SAM CLI:

  export SAM_CLI_TELEMETRY=0 {exports}
  aws --endpoint-url $AWS_ENDPOINT_URL sqs send-message --queue-url {outputs["RequestQueueUrl"]} --message-body file://events/queue/raise.json
  aws cloudwatch put-metric-alarm --alarm-description '{route}' {alarm}
  aws cloudwatch put-metric-data --namespace Crm --metric-name Calls --value 6       # crm-slow goes to ALARM
  aws cloudwatch set-alarm-state --alarm-name crm-slow --state-value OK --state-reason "it is over"
  .venv-sam/bin/sam remote invoke --stack-name {STACK} TimeoutRaiserFunction --event-file events/invoke/request.json
"""


if __name__ == "__main__":
    sys.exit(main())
