"""What is said in text and JSON: equivalents that could be typed, words without colour, a reader that goes away."""

from __future__ import annotations

import io
import json
import shlex
from datetime import timedelta

from strategies.answers import Answers
from strategies.base import Output, Situation, Status
from strategies.facts import Facts
from tests.fakes import START, passing
from wizard.engine.checks import evaluate
from wizard.engine.events import ApplyProgress, CheckChanged
from wizard.engine.journal import Call
from wizard.engine.plan import Plan
from wizard.report.equivalents import commands
from wizard.report.final import terraform
from wizard.report.jsonlines import to_json
from wizard.report.printer import Printer, wants_colour
from wizard.report.text import ApplyText, print_plan
from wizard.report.words import duration


def test_calls_become_commands_that_can_be_typed() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "x:Y'z"}]}
    calls = [
        Call("a", "iam:PutRolePolicy", {"RoleName": "r", "PolicyDocument": policy}),
        Call("b", "ec2:AuthorizeSecurityGroupIngress", {"GroupId": "sg-1", "Cidrs": ["10.0.0.0/16", "10.1.0.0/16"]}),
        Call("c", "kubernetes:apply configmaps", {"namespace": "n", "name": "c", "force": False}),
        Call("c", "kubernetes:delete secrets", {"namespace": "n", "name": "s"}),
        Call("d", "git:push", {"remote": "x"}),
    ]
    found = commands(calls, profile="p", region="us-east-2", context="k", manifests={"c": {"kind": "ConfigMap"}})
    first = shlex.split(found[0])
    assert first[:5] == ["aws", "iam", "put-role-policy", "--role-name", "r"]
    assert json.loads(first[6]) == policy
    assert [shlex.split(c)[-6:-4] for c in found[1:3]] == [["--cidr", "10.0.0.0/16"], ["--cidr", "10.1.0.0/16"]]
    assert "oc apply --server-side" in found[3]
    assert '{"kind": "ConfigMap"}\nEOF' in found[3]
    assert found[4] == "oc delete secrets s --context k -n n"
    assert len(found) == 5


def test_terraform_values_are_quoted() -> None:
    assert terraform([Output("gitops_git_path", "", 'a"${b}')]) == ('gitops_git_path = "a\\"$${b}"',)


def test_plain_words_have_no_icons_and_no_colour() -> None:
    for colour, plain, expected in ((False, True, "made"), (False, False, "✔ made"), (True, False, "\x1b[")):
        stream = io.StringIO()
        printer = Printer(stream, colour=colour, plain=plain)
        printer.line((f"{printer.icon('✔')}made", "green"))
        assert stream.getvalue().startswith(expected)
    assert not wants_colour(io.StringIO(), {"TERM": "xterm"})


def test_what_waits_is_told_once_in_a_while() -> None:
    stream = io.StringIO()
    text = ApplyText(Printer(stream))
    for _ in range(5):
        text(ApplyProgress(at=START, address="a", message="pending", fraction=None, seconds=1.0))
    text(ApplyProgress(at=START + timedelta(seconds=19), address="a", message="throttled", fraction=None, seconds=2.0))
    assert stream.getvalue().count("pending") == 1
    assert stream.getvalue().count("throttled") == 1


def test_a_reader_that_goes_away_does_not_stop_the_work() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    text = ApplyText(Printer(Closed()))
    for _ in range(2):
        text(ApplyProgress(at=START, address="a", message="pending", fraction=None, seconds=1.0))


def test_a_check_is_told_whole_in_json() -> None:
    [result] = evaluate([passing("bad", status=Status.FAIL)], Situation(Answers(), Facts()), ())
    body = to_json(CheckChanged(at=START, result=result))
    assert body["type"] == "check_result"
    assert body["@timestamp"] == START.isoformat()
    assert json.loads(json.dumps(body))["result"]["remedy"] == {"text": "Mend it.", "command": "aws mend --now", "mend": None}


def test_an_empty_plan_says_so() -> None:
    stream = io.StringIO()
    print_plan(Printer(stream), Plan("prod-east", "", (), "", operation="destroy"))
    assert stream.getvalue() == "Plan to remove prod-east: nothing\n"


def test_durations_read_well() -> None:
    assert [duration(s) for s in (0.42, 12.2, 65, 7800)] == ["0.4 s", "12 s", "1 min 05 s", "2 h 10 min"]
