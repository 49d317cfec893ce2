"""The scripts for the machine with a GitLab of one's own, run by /bin/sh on a stand-in of that machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from strategies.private_server import own_script
from strategies.private_server.own_configuration import digest
from tests.unit.private_server.own_machine import BACKED_UP, CONFIGURATION, HOST, SETUP, OwnMachine, certificate


@pytest.fixture
def machine(tmp_path: Path) -> OwnMachine:
    made = OwnMachine.furnished(tmp_path / "machine-1", tmp_path / "volumes", tmp_path / "secrets")
    made.certify(*certificate())
    return made


def _volume(machine: OwnMachine) -> Path:
    return machine.volumes / SETUP.volume_id


def test_a_bare_machine_is_looked_at_without_being_changed(machine: OwnMachine) -> None:
    ran, report = machine.run(own_script.look("prod-east", HOST))

    assert report is not None
    assert (report.version, report.system, report.owner, report.mounted) == ("17.6.1-ee", "Amazon Linux 2023", "", False)
    assert (report.ready, report.token_ends, report.done) == (502, None, "")
    assert ran.returncode == 0
    assert not (_volume(machine) / "filesystem").exists()


def test_gitlab_is_set_up_with_its_data_on_the_volume(machine: OwnMachine) -> None:
    report = machine.set_up()

    assert report.failed == ""
    assert (report.owner, report.mounted, report.ready) == ("prod-east", True, 200)
    assert report.sha256 == report.done == digest(CONFIGURATION)
    content = _volume(machine) / "content"
    assert (content / "config/gitlab.rb").read_text() == CONFIGURATION
    assert (content / "config/ssl" / f"{HOST}.crt").read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert (content / "config/ssl" / f"{HOST}.key").stat().st_mode & 0o077 == 0
    assert machine.secret(SETUP.password_secret) is not None
    assert machine.secret(SETUP.token_secret) is not None
    ends = report.token_ends
    assert ends is not None
    assert timedelta(hours=1) < datetime(ends.year, ends.month, ends.day, tzinfo=UTC) - datetime.now(UTC) <= timedelta(days=2)
    assert "gitlab-ctl reconfigure" in machine.calls()


def test_nothing_secret_is_said_or_sent(machine: OwnMachine) -> None:
    ran, _ = machine.run(own_script.set_up(BACKED_UP))

    script = own_script.set_up(BACKED_UP)
    assert "MARKER" not in ran.stdout + ran.stderr + script
    assert "PRIVATE KEY" not in ran.stdout + ran.stderr + script
    assert not any("MARKER" in call for call in machine.calls())
    assert list((machine.root / "tmp").iterdir()) == [machine.root / "tmp/script"]


def test_again_changes_nothing(machine: OwnMachine) -> None:
    machine.set_up()
    machine.calls()

    report = machine.set_up()

    assert report.failed == ""
    assert "gitlab-ctl reconfigure" not in machine.calls()
    assert machine.asked()["password"] == machine.asked()["token"] == "no"


def test_another_certificate_is_taken_up(machine: OwnMachine) -> None:
    before = machine.set_up().certificate
    machine.calls()
    machine.certify(*certificate())

    report = machine.set_up()

    assert report.failed == ""
    assert report.certificate not in ("", before)
    calls = machine.calls()
    assert calls.index("gitlab-ctl reconfigure") < calls.index("gitlab-ctl hup nginx")


def test_a_machine_made_anew_finds_everything_on_the_volume(machine: OwnMachine, tmp_path: Path) -> None:
    machine.set_up()
    (_volume(machine) / "content/data/repositories").write_text("commits")
    password = machine.secret(SETUP.password_secret)

    second = OwnMachine.furnished(tmp_path / "machine-2", tmp_path / "volumes", tmp_path / "secrets")
    report = second.set_up()

    assert report.failed == ""
    assert "gitlab-ctl reconfigure" in second.calls()
    assert (second.root / "var/opt/gitlab/repositories").read_text() == "commits"
    assert (second.root / "etc/ssh/ssh_host_ed25519_key").read_text() == "host key of machine-1\n"
    assert second.secret(SETUP.password_secret) == password
    assert second.asked()["password"] == "no"


@pytest.mark.parametrize("held", ["LABEL=customers\nTYPE=ext4\n", "TYPE=xfs\n", "PTTYPE=gpt\n"])
def test_a_volume_that_holds_something_is_never_formatted(machine: OwnMachine, held: str) -> None:
    (_volume(machine) / "filesystem").write_text(held)

    report = machine.set_up()

    assert report.failed == "foreign-data"
    assert (_volume(machine) / "filesystem").read_text() == held


def test_what_runs_from_the_image_is_stopped_before_its_folders_are_covered(machine: OwnMachine) -> None:
    machine.set_up()

    assert machine.calls()[0] == "systemctl stop gitlab-runsvdir"


def test_data_of_another_instance_is_left_alone(machine: OwnMachine) -> None:
    machine.set_up()
    theirs = "# ezgitops.dev/gitlab instance=staging format=1\n"
    (_volume(machine) / "content/config/gitlab.rb").write_text(theirs)

    report = machine.set_up()

    assert (report.failed, report.why) == ("other-instance", ("staging",))
    assert (_volume(machine) / "content/config/gitlab.rb").read_text() == theirs


def test_a_key_of_another_certificate_is_refused_before_anything_takes_effect(machine: OwnMachine) -> None:
    machine.certify(certificate()[0], certificate()[1])

    report = machine.set_up()

    assert (report.failed, report.why) == ("certificate", ("the key is not that of the certificate",))
    assert "gitlab-ctl reconfigure" not in machine.calls()


@pytest.mark.parametrize(
    ("file", "step"), [("broken", "reconfigure"), ("no-rails", "rails"), ("no-put", "store"), ("secrets-gone", "fetch")]
)
def test_a_step_that_fails_is_named_and_the_next_run_goes_on(machine: OwnMachine, file: str, step: str) -> None:
    if file == "secrets-gone":
        for one in (machine.root / "secrets").iterdir():
            one.unlink()
    (machine.root / file).touch()

    report = machine.set_up()

    assert report.failed == step
    assert report.why
    assert machine.secret(SETUP.token_secret) is None
    (machine.root / file).unlink()
    machine.certify(*certificate())
    assert machine.set_up().failed == ""
    assert machine.secret(SETUP.token_secret) is not None
    assert machine.secret(SETUP.password_secret) is not None


def test_a_configuration_that_ruby_cannot_read_leaves_the_old_one(machine: OwnMachine) -> None:
    machine.set_up()

    report = machine.set_up(replace(SETUP, configuration=")\n"))

    assert report.failed == "parse"
    assert report.sha256 == digest(CONFIGURATION)


def test_a_token_that_has_ended_is_made_again(machine: OwnMachine) -> None:
    machine.set_up()
    (_volume(machine) / "content/config/ezgitops.token-ends").write_text("2020-01-01\n")

    report = machine.set_up()

    assert (machine.asked()["token"], machine.asked()["password"]) == ("yes", "no")
    assert report.token_ends is not None
    assert report.token_ends.year > 2020


def test_without_a_disk_it_says_so(machine: OwnMachine) -> None:
    report = machine.set_up(replace(SETUP, volume_id="vol-0aa00000000000009"))

    assert report.failed == "disk"


def test_backups_every_night_with_the_keys_apart_and_no_more_when_not_asked(machine: OwnMachine) -> None:
    report = machine.set_up(BACKED_UP)

    assert (report.failed, report.backups) == ("", True)
    service = (machine.root / "etc/systemd/system/ezgitops-backup.service").read_text()
    assert "gitlab-backup create CRON=1 DIRECTORY=prod-east-gitlab\n" in service
    assert "MARKER-db-key" in (machine.secret(BACKED_UP.keys_secret or "") or "")

    assert machine.set_up(SETUP).backups is False
    assert not (machine.root / "etc/systemd/system/ezgitops-backup.timer").exists()


def test_without_the_package_it_says_so(machine: OwnMachine) -> None:
    (machine.root / "bin/gitlab-ctl").unlink()

    assert machine.set_up().failed == "package"


def test_it_fits_into_one_command() -> None:
    assert len(own_script.set_up(BACKED_UP)) < own_script.MOST_LETTERS
    with pytest.raises(ValueError, match="64000 is the most"):
        own_script.set_up(replace(SETUP, configuration="".join(f"# {hash(str(n))}\n" for n in range(9000))))
