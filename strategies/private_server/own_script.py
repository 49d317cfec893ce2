"""The scripts that Systems Manager runs on the machine with GitLab: look, and set up. Pure text.

POSIX sh with what Linux distributions with systemd bring along (util-linux, e2fsprogs), and what GitLab's package has
(``/opt/gitlab``). What comes from answers is put in as base64, never as text of the shell. No secret is in a script, in what it
prints, or in a program's arguments: the machine fetches and stores them itself. Each script ends with one line: ``MARK`` and a
JSON object whose values are base64, bounded: Systems Manager passes on the first 24,000 characters (SSM API reference,
GetCommandInvocation).
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass

from strategies.private_server.own_configuration import digest
from strategies.private_server.own_programs import RAILS, SECRETS

MARK = "ezgitops-gitlab "
"""Begins the line with the report."""
LABEL = "ezgitops-gitlab"
"""Of the data volume's filesystem; 16 characters at most (mke2fs(8), ``-L``)."""
MOST_LETTERS = 64_000
"""Of a script: Systems Manager takes 64 KB in one command (SSM API reference, SendCommand: MaxDocumentSizeExceeded)."""

_COMMON = r"""
set -u
umask 077
LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/sbin:/sbin:/opt/gitlab/bin:/opt/gitlab/embedded/bin"; export PATH
DATA=/srv/ezgitops-gitlab
ETC=/etc/gitlab
CONF=$ETC/gitlab.rb
CERT=$ETC/ssl/$HOST.crt
KEY=$ETC/ssl/$HOST.key
DONE=$ETC/ezgitops.done
ENDS=$ETC/ezgitops.token-ends
TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT

field() { printf ',"%s":"%s"' "$1" "$(head -c "$2" | base64 | tr -d '\n')"; }
mark_of() {
  sed -n '1s/^# ezgitops\.dev\/gitlab instance=\([a-z0-9-]\{1,63\}\) format=[0-9]*$/\1/p' "$CONF" 2>/dev/null
}
version() { sed -n '1s/^gitlab-\([a-z]*\) \([0-9][^ ]*\)$/\2-\1/p' /opt/gitlab/version-manifest.txt 2>/dev/null; }
# Without believing the certificate, whose CA this machine may not know: nothing secret is sent.
ready() {
  curl -q -s -k --noproxy '*' --resolve "$HOST:443:127.0.0.1" --connect-timeout 5 -m 20 -o /dev/null -w '%{http_code}' \
    "https://$HOST/-/readiness"
}
report() {
  printf '%s{"format":"1"' "$MARK"
  sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null | field system 200
  version | field version 60
  if mountpoint -q "$DATA" && mountpoint -q "$ETC"; then printf yes; else printf no; fi | field mounted 3
  mark_of | field owner 64
  if [ -f "$CONF" ]; then sha256sum <"$CONF" | cut -d ' ' -f 1 | field sha256 64; fi
  head -n 1 "$DONE" 2>/dev/null | field done 64
  if [ -f "$CERT" ]; then sha256sum <"$CERT" | cut -d ' ' -f 1 | field certificate 64; fi
  ready | field ready 3
  head -n 1 "$ENDS" 2>/dev/null | field token_ends 10
  systemctl is-enabled ezgitops-backup.timer 2>/dev/null | head -n 1 | field backups 20
  systemctl show -p Result --value ezgitops-backup.service 2>/dev/null | head -n 1 | field backup_result 40
  df -P "$DATA" 2>/dev/null | awk 'NR == 2 { print $5 }' | field used 5
  if [ "$#" -gt 0 ]; then
    printf '%s' "$1" | field failed 40
    tail -n 12 "$2" 2>/dev/null | field why 2500
  fi
  printf '}\n'
}
fail() { report "$@"; exit 1; }
"""

_LOOK = "report\n"

_SET_UP = r"""
say() { echo "$1" >"$TMP/out"; }
if ! command -v gitlab-ctl >/dev/null 2>&1; then say 'there is no gitlab-ctl'; fail package "$TMP/out"; fi
secrets() { python3 "$TMP/secrets.py" "$@"; }
printf '%s' "$SECRETS_PROGRAM" | base64 -d >"$TMP/secrets.py"

# --- the data volume: a filesystem is made only where there is nothing at all
DISK=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$(printf '%s' "$VOLUME" | tr -d '-')
if ! mountpoint -q "$DATA"; then
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    if [ -e "$DISK" ]; then break; fi
    sleep 5
  done
  if [ ! -e "$DISK" ]; then say "$DISK is not there"; fail disk "$TMP/out"; fi
  blkid -p -o export "$DISK" >"$TMP/out" 2>&1
  found=$?
  if [ "$found" -eq 2 ]; then
    echo 'making a filesystem on the empty volume'
    mkfs.ext4 -q -L "$LABEL" "$DISK" >"$TMP/out" 2>&1 || fail format "$TMP/out"
  elif [ "$found" -ne 0 ] || ! grep -q "^LABEL=$LABEL\$" "$TMP/out"; then
    fail foreign-data "$TMP/out"
  fi
fi
mkdir -p "$DATA" "$ETC" /var/opt/gitlab
add() { grep -qF "$1" /etc/fstab 2>/dev/null || echo "$1" >>/etc/fstab; }
add "LABEL=$LABEL $DATA ext4 defaults,nofail,x-systemd.device-timeout=60s 0 2"
add "$DATA/config $ETC none bind,nofail,x-systemd.requires-mounts-for=$DATA 0 0"
add "$DATA/data /var/opt/gitlab none bind,nofail,x-systemd.requires-mounts-for=$DATA 0 0"
if ! mountpoint -q "$DATA" || ! mountpoint -q "$ETC" || ! mountpoint -q /var/opt/gitlab; then
  # An image may start GitLab by itself: what runs would go on writing below the mounts.
  systemctl stop gitlab-runsvdir >/dev/null 2>&1
  mountpoint -q "$DATA" || mount "$DATA" >"$TMP/out" 2>&1 || fail mount "$TMP/out"
  mkdir -p "$DATA/config/ssl" "$DATA/data" "$DATA/ssh"
  chmod 755 "$DATA" "$DATA/data"; chmod 775 "$DATA/config"
  mountpoint -q "$ETC" || mount "$ETC" >"$TMP/out" 2>&1 || fail mount "$TMP/out"
  mountpoint -q /var/opt/gitlab || mount /var/opt/gitlab >"$TMP/out" 2>&1 || fail mount "$TMP/out"
fi
owner=$(mark_of)
if [ -n "$owner" ] && [ "$owner" != "$INSTANCE" ]; then say "$owner"; fail other-instance "$TMP/out"; fi
# A volume that has grown: its filesystem follows. Nothing happens where it has not.
resize2fs "$DISK" >/dev/null 2>&1

UNITS=/etc/systemd/system
mkdir -p "$UNITS/gitlab-runsvdir.service.d"
printf '[Unit]\nRequiresMountsFor=%s %s /var/opt/gitlab\n' "$DATA" "$ETC" >"$UNITS/gitlab-runsvdir.service.d/ezgitops.conf"

# --- the host keys of SSH stay with the data: a machine that is made anew is known by the same ones
if ls "$DATA"/ssh/ssh_host_*_key >/dev/null 2>&1; then
  for key in "$DATA"/ssh/ssh_host_*; do
    cmp -s "$key" "/etc/ssh/${key##*/}" || { cp -p "$key" /etc/ssh/ && systemctl try-restart sshd ssh >/dev/null 2>&1; }
  done
elif ls /etc/ssh/ssh_host_*_key >/dev/null 2>&1; then
  mkdir -p "$DATA/ssh"; cp -p /etc/ssh/ssh_host_* "$DATA/ssh/"
fi

# --- certificate and key, by the machine's own right to read them
mkdir -p "$ETC/ssl"
secrets get "$CERTIFICATE_SECRET" certificate >"$TMP/crt" 2>"$TMP/out" || fail fetch "$TMP/out"
secrets get "$CERTIFICATE_SECRET" privateKey >"$TMP/key" 2>"$TMP/out" || fail fetch "$TMP/out"
openssl x509 -in "$TMP/crt" -noout -pubkey >"$TMP/crt.pub" 2>"$TMP/out" || fail certificate "$TMP/out"
openssl pkey -in "$TMP/key" -passin pass: -pubout >"$TMP/key.pub" 2>"$TMP/out" || fail certificate "$TMP/out"
if ! cmp -s "$TMP/crt.pub" "$TMP/key.pub"; then say 'the key is not that of the certificate'; fail certificate "$TMP/out"; fi
if ! cmp -s "$TMP/crt" "$CERT" || ! cmp -s "$TMP/key" "$KEY"; then
  rm -f "$DONE"
  cp "$TMP/crt" "$CERT.new" && cp "$TMP/key" "$KEY.new" || fail certificate "$TMP/out"
  mv -f "$CERT.new" "$CERT" && mv -f "$KEY.new" "$KEY"
fi

# --- the configuration: nothing takes effect that Ruby cannot read
printf '%s' "$TEXT" | base64 -d | gzip -dc >"$CONF.new" 2>"$TMP/out" || fail transfer "$TMP/out"
if [ "$(sha256sum <"$CONF.new" | cut -d ' ' -f 1)" != "$SHA256" ]; then
  rm -f "$CONF.new"; say 'what arrived is not what was sent'; fail transfer "$TMP/out"
fi
ruby -c "$CONF.new" >"$TMP/out" 2>&1 || fail parse "$TMP/out"
mv -f "$CONF.new" "$CONF"
systemctl daemon-reload >/dev/null 2>&1
# The first configuration makes this service and starts it.
if systemctl cat gitlab-runsvdir >/dev/null 2>&1; then
  systemctl start gitlab-runsvdir >"$TMP/out" 2>&1 || fail start "$TMP/out"
fi
# Carried out is what was carried out on this machine: a new one has the data, and none of the services.
printf '%s\n' "$SHA256" >"$TMP/done"
cat /etc/machine-id >>"$TMP/done" 2>/dev/null
if ! cmp -s "$TMP/done" "$DONE"; then
  echo 'configuring GitLab'
  gitlab-ctl reconfigure >"$TMP/out" 2>&1 || fail reconfigure "$TMP/out"
  gitlab-ctl hup nginx >/dev/null 2>&1
fi
echo 'waiting until GitLab is ready'
state=
for _ in $(seq 1 120); do
  state=$(ready)
  if [ "$state" = 200 ]; then break; fi
  sleep 5
done
if [ "$state" != 200 ]; then
  { echo "https://$HOST/-/readiness answers $state"; gitlab-ctl status 2>&1 | grep '^down'; } >"$TMP/out"; fail ready "$TMP/out"
fi

# --- what only the application itself can do: its settings, root's password, an administrator's token
need_password=no; need_token=no
secrets has "$PASSWORD_SECRET" 2>"$TMP/out"; known=$?
if [ "$known" -eq 3 ]; then need_password=yes; elif [ "$known" -ne 0 ]; then fail store "$TMP/out"; fi
secrets has "$TOKEN_SECRET" 2>"$TMP/out"; known=$?
if [ "$known" -ne 0 ] && [ "$known" -ne 3 ]; then fail store "$TMP/out"; fi
soon=$(date -u -d '+1 hour' +%Y-%m-%d)
ends=$(head -n 1 "$ENDS" 2>/dev/null)
# A token ends with the beginning of its last day (GitLab docs, "Personal access tokens").
later=$(printf '%s\n%s\n' "$soon" "$ends" | sort | tail -n 1)
if [ "$known" -eq 3 ] || [ -z "$ends" ] || [ "$later" = "$soon" ] || [ "$NEW_TOKEN" = yes ]; then need_token=yes; fi
ends=$(date -u -d '+26 hours' +%Y-%m-%d)
printf '{"password":"%s","token":"%s","name":"ezgitops-%s","ends":"%s"}' \
  "$need_password" "$need_token" "$INSTANCE" "$ends" >"$TMP/asked"
code=$(printf '%s' "$RAILS_PROGRAM" | base64 -d)
gitlab-rails runner "$code" <"$TMP/asked" >"$TMP/answer" 2>"$TMP/out" || fail rails "$TMP/out"
if [ "$need_password" = yes ]; then
  secrets put "$PASSWORD_SECRET" password <"$TMP/answer" 2>"$TMP/out" || fail store "$TMP/out"
fi
if [ "$need_token" = yes ]; then
  secrets put "$TOKEN_SECRET" token <"$TMP/answer" 2>"$TMP/out" || fail store "$TMP/out"
  echo "$ends" >"$ENDS"
fi

# --- backups: every night, and the keys that read them to a place of their own
if [ -n "$BACKUP_FOLDER" ]; then
  secrets put "$KEYS_SECRET" <"$ETC/gitlab-secrets.json" 2>"$TMP/out" || fail store "$TMP/out"
  cat >"$UNITS/ezgitops-backup.service" <<END
[Unit]
Description=Backup of GitLab
RequiresMountsFor=/var/opt/gitlab
[Service]
Type=oneshot
Nice=10
ExecStart=/opt/gitlab/bin/gitlab-backup create CRON=1 DIRECTORY=$BACKUP_FOLDER
END
  cat >"$UNITS/ezgitops-backup.timer" <<END
[Unit]
Description=Backup of GitLab every night
[Timer]
OnCalendar=*-*-* 02:17:00 UTC
RandomizedDelaySec=30m
Persistent=true
[Install]
WantedBy=timers.target
END
  systemctl daemon-reload >/dev/null 2>&1
  systemctl enable --now ezgitops-backup.timer >"$TMP/out" 2>&1 || fail timer "$TMP/out"
elif [ -e "$UNITS/ezgitops-backup.timer" ]; then
  systemctl disable --now ezgitops-backup.timer >/dev/null 2>&1
  rm -f "$UNITS/ezgitops-backup.service" "$UNITS/ezgitops-backup.timer"
fi
cp "$TMP/done" "$DONE"
report
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the machine is to become. ``volume_id`` is that of the data volume; the secrets are names in Secrets Manager.

    ``new_token``: an administrator's token is made although the machine believes in the last one.
    """

    instance: str
    host: str
    region: str
    volume_id: str
    configuration: str
    certificate_secret: str
    password_secret: str
    token_secret: str
    keys_secret: str | None
    backup_folder: str | None
    new_token: bool = False


def look(instance: str, host: str) -> str:
    """Read only: what is on the machine, and whether GitLab is ready."""
    return _script(_LOOK, INSTANCE=instance, HOST=host)


def set_up(asked: Setup) -> str:
    """GitLab as asked, ready, with its data on the volume. Safe to repeat, also after it was killed.

    Raises ValueError when it is too long for one command.
    """
    script = _script(
        f"TEXT='{_zipped(asked.configuration)}'\nSECRETS_PROGRAM='{_packed(SECRETS)}'\nRAILS_PROGRAM='{_packed(RAILS)}'\n"
        + _SET_UP.strip(),
        INSTANCE=asked.instance,
        HOST=asked.host,
        LABEL=LABEL,
        VOLUME=asked.volume_id,
        SHA256=digest(asked.configuration),
        CERTIFICATE_SECRET=asked.certificate_secret,
        PASSWORD_SECRET=asked.password_secret,
        TOKEN_SECRET=asked.token_secret,
        NEW_TOKEN="yes" if asked.new_token else "no",
        KEYS_SECRET=asked.keys_secret or "",
        BACKUP_FOLDER=asked.backup_folder or "",
        EZGITOPS_REGION=asked.region,
    )
    if len(script) > MOST_LETTERS:
        raise ValueError(f"the script has {len(script)} characters, and {MOST_LETTERS} is the most")
    return script


def _script(body: str, **variables: str) -> str:
    lines = [f"{name}=$(printf '%s' '{_packed(value)}' | base64 -d)" for name, value in {"MARK": MARK, **variables}.items()]
    exported = "export EZGITOPS_REGION" if "EZGITOPS_REGION" in variables else ""
    return "\n".join([*lines, *filter(None, [exported]), _COMMON.strip(), body.strip()]) + "\n"


def _packed(value: str) -> str:
    return base64.b64encode(value.encode()).decode("ascii")


def _zipped(value: str) -> str:
    return base64.b64encode(gzip.compress(value.encode(), mtime=0)).decode("ascii")
