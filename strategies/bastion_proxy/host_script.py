"""The scripts that Systems Manager runs on the proxy's machine: look, install, remove. Pure text.

POSIX sh with what Amazon Linux 2023 and RHEL 9 bring along. What comes from answers is put in as base64, never as text of the
shell. Each script ends with one line: ``MARK`` and a JSON object, whose values are base64 too - what stands in the machine's
files cannot break it - and bounded: Systems Manager passes on the first 24,000 characters (SSM API reference,
GetCommandInvocation).
"""

from __future__ import annotations

import base64
import gzip

from strategies.bastion_proxy.squid import digest

MARK = "ezgitops-host "
"""Begins the line with the report."""
MOST_LETTERS = 64_000
"""Of a script: Systems Manager takes 64 KB in one command (SSM API reference, SendCommand: MaxDocumentSizeExceeded)."""

_COMMON = r"""
set -u
umask 022
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin; export PATH
CONF=/etc/squid/squid.conf
OURS=/etc/squid/ezgitops.conf
KEPT=/etc/squid/squid.conf.before-ezgitops
STATE=/etc/squid/ezgitops.before
LOG=/var/log/squid/access.log
METADATA=169.254.169.254
SYSTEM=/etc/os-release
TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT

stub() {
  printf '# ezgitops.dev/squid instance=%s\n' "$INSTANCE"
  printf '# What was here before is in %s.\n' "$KEPT"
  printf 'include %s\n' "$OURS"
}
mark_of() {
  sed -n '1s/^# ezgitops\.dev\/squid instance=\([a-z0-9-]\{1,63\}\)\( format=[0-9]*\)\{0,1\}$/\1/p' "$1" 2>/dev/null
}
installed() { rpm -q squid >/dev/null 2>&1; }
additions() {
  grep -q '^[[:space:]]*include .*conf\.d/' "$CONF" || return 1
  for file in "${CONF%/*}"/conf.d/*.conf; do
    if [ -e "$file" ] && ! rpm -qf "$file" >/dev/null 2>&1; then return 0; fi
  done
  return 1
}
whose() {
  owner=$(mark_of "$CONF")
  if [ ! -e "$CONF" ]; then echo none
  elif [ "$owner" = "$INSTANCE" ]; then echo ours
  elif [ -n "$owner" ]; then echo other-instance
  elif ! installed; then echo foreign
  elif rpm -V squid 2>/dev/null | grep -q '^..5.* c .*/squid\.conf$'; then echo foreign
  elif additions; then echo foreign
  else echo packaged
  fi
}
field() { printf ',"%s":"%s"' "$1" "$(head -c "$2" | base64 | tr -d '\n')"; }
ask() { curl -q -sS --noproxy '*' -o /dev/null --connect-timeout 5 -m 10 "$@"; }
asked() {
  printf '%s %s ' "$1" "$2"
  # 000 is no answer: to CONNECT, to the request. Nothing is said of what comes back.
  curl -q -sS --noproxy '' -x "http://127.0.0.1:$LISTENS" -o /dev/null --connect-timeout 5 -m 10 \
    -w '%{http_connect} %{http_code}' "$3" 2>/dev/null
  printf ' %s\n' "$?"
}
decisions() {
  LISTENS=$(sed -n 's/^http_port \([0-9]\{1,5\}\)$/\1/p' "$OURS" 2>/dev/null | head -n 1)
  if [ -z "$LISTENS" ]; then return; fi
  asked allowed "$HOST:443" "https://$HOST/" >"$TMP/asked-1" &
  asked forbidden "$STRANGER:443" "https://$STRANGER/" >"$TMP/asked-2" &
  asked forbidden "$METADATA:443" "https://$METADATA/" >"$TMP/asked-3" &
  asked forbidden "http://$METADATA/" "http://$METADATA/" >"$TMP/asked-4" &
  wait
  cat "$TMP"/asked-*
}
report() {
  printf '%s{"format":"1"' "$MARK"
  sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$SYSTEM" 2>/dev/null | field system 200
  if installed; then
    rpm -q --qf '%{VERSION}-%{RELEASE}' squid | head -n 1 | field version 100
  elif ! command -v dnf >/dev/null 2>&1; then
    printf 'there is no dnf on this system' | field offer_error 100
  else
    dnf -q --setopt=timeout=10 --setopt=retries=1 list --available squid >"$TMP/offer" 2>"$TMP/offer-error"
    awk '$1 ~ /^squid\./ { print $2; exit }' "$TMP/offer" | field offered 100
    tail -n 3 "$TMP/offer-error" | field offer_error 600
  fi
  systemctl is-active squid 2>/dev/null | head -n 1 | field active 20
  systemctl is-enabled squid 2>/dev/null | head -n 1 | field enabled 20
  whose | field configuration 20
  mark_of "$CONF" | field owner 64
  if stub | cmp -s - "$CONF" && [ -f "$OURS" ]; then
    sha256sum <"$OURS" | cut -d ' ' -f 1 | field sha256 64
    gzip -nc "$OURS" >"$TMP/ours"
    if [ "$(wc -c <"$TMP/ours")" -le 9000 ]; then field text 9000 <"$TMP/ours"; fi
  fi
  if [ -n "$HOST" ]; then
    ask -w '%{http_code}' "https://$HOST/" >"$TMP/direct" 2>"$TMP/direct-error"
    code=$?
    field direct 3 <"$TMP/direct"
    field direct_error 300 <"$TMP/direct-error"
    # A certificate that was not believed is looked at without believing it: nothing secret is sent.
    if [ "$code" -eq 60 ]; then
      ask -k -v -I "https://$HOST/" 2>&1 | sed -n 's/^\* *issuer: *//p' | head -n 1 | field issuer 300
    fi
  fi
  if [ -n "$HOST" ] && [ "$(whose)" = ours ] && systemctl is-active squid >/dev/null 2>&1; then
    decisions | field decisions 2000
  fi
  # What this script itself asks for comes from the machine, and is no connection.
  tail -n 200 "$LOG" 2>/dev/null | grep -v ' 127\.0\.0\.1 ' | tail -n 5 | field log 2000
  if [ "$#" -gt 0 ]; then
    printf '%s' "$1" | field failed 40
    tail -n 8 "$2" 2>/dev/null | field why 1500
  fi
  printf '}\n'
}
fail() { report "$@"; exit 1; }
"""

_LOOK = "report\n"

_INSTALL = r"""
if ! command -v rpm >/dev/null 2>&1; then echo 'there is no rpm on this system' >"$TMP/out"; fail system "$TMP/out"; fi
if ! installed; then
  echo 'installing squid'
  dnf install -y squid >"$TMP/out" 2>&1 || fail package "$TMP/out"
fi
before=$(whose)
if [ "$before" = other-instance ]; then mark_of "$CONF" >"$TMP/out"; fail other-instance "$TMP/out"; fi
if [ "$before" = foreign ] && [ "$REPLACE" != yes ]; then echo "$CONF" >"$TMP/out"; fail foreign "$TMP/out"; fi

# Nothing takes effect that Squid has not read and accepted.
printf '%s' "$TEXT" | base64 -d | gzip -dc >"$OURS.new" 2>"$TMP/out" || fail transfer "$TMP/out"
if [ "$(sha256sum <"$OURS.new" | cut -d ' ' -f 1)" != "$SHA256" ]; then
  rm -f "$OURS.new"
  echo 'what arrived is not what was sent' >"$TMP/out"; fail transfer "$TMP/out"
fi
squid -k parse -f "$OURS.new" >"$TMP/parsed" 2>&1
accepted=$?
if [ "$accepted" -ne 0 ]; then
  rm -f "$OURS.new"
  grep -v 'Processing\|Startup: ' "$TMP/parsed" >"$TMP/out"; fail parse "$TMP/out"
fi

# Killed anywhere from here on, the same script carries on: what is not ours yet is kept again, what is ours is only renewed.
if [ "$before" != ours ]; then
  printf 'instance=%s running=%s enabled=%s\n' "$INSTANCE" "$(systemctl is-active squid 2>/dev/null)" \
    "$(systemctl is-enabled squid 2>/dev/null)" >"$STATE.new" && mv -f "$STATE.new" "$STATE"
  if [ -e "$CONF" ]; then
    if [ -e "$KEPT" ] && ! cmp -s "$CONF" "$KEPT"; then mv "$KEPT" "$KEPT.$(date -u +%Y%m%dT%H%M%SZ)"; fi
    cp -p "$CONF" "$KEPT.new" && mv -f "$KEPT.new" "$KEPT"
  fi
fi
if [ -e "$OURS" ]; then cp -p "$OURS" "$OURS.last"; else rm -f "$OURS.last"; fi
mv -f "$OURS.new" "$OURS"
stub >"$CONF.new" && mv -f "$CONF.new" "$CONF"

listens() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    # Any answer is one: what is asked for here, Squid refuses.
    if ask "http://127.0.0.1:$PORT/" 2>/dev/null; then return 0; fi
    sleep 1
  done
  return 1
}
begin() {
  systemctl enable squid || return 1
  if systemctl is-active squid >/dev/null 2>&1; then
    systemctl reload squid && listens && return 0
    systemctl restart squid && listens
  else
    systemctl start squid && listens
  fi
}
echo 'starting squid'
if ! begin >"$TMP/out" 2>&1; then
  { systemctl status squid --no-pager --lines=5 2>/dev/null; cat "$TMP/out"; } >"$TMP/why"
  if [ "$before" = ours ] && [ -e "$OURS.last" ]; then
    mv -f "$OURS.last" "$OURS"
  elif [ -e "$KEPT" ]; then
    mv -f "$KEPT" "$CONF"; rm -f "$OURS"
  else
    rm -f "$CONF" "$OURS"
  fi
  if [ "$before" = ours ] || grep -q ' running=active ' "$STATE"; then systemctl restart squid >/dev/null 2>&1
  else systemctl disable squid >/dev/null 2>&1; systemctl stop squid >/dev/null 2>&1
  fi
  fail start "$TMP/why"
fi
rm -f "$OURS.last"
report
"""

_REMOVE = r"""
if [ "$(mark_of "$CONF")" = "$INSTANCE" ]; then
  if [ -e "$KEPT" ]; then mv -f "$KEPT" "$CONF"; else rm -f "$CONF"; fi
fi
# The note of how it was before goes last: while it is there, a script that was killed is not done.
if grep -q "^instance=$INSTANCE " "$STATE" 2>/dev/null; then
  if [ -z "$(mark_of "$CONF")" ] && installed; then
    grep -q ' enabled=enabled$' "$STATE" || systemctl disable squid >/dev/null 2>&1
    if grep -q ' running=active ' "$STATE" && [ -e "$CONF" ]; then
      systemctl restart squid >"$TMP/out" 2>&1 || fail start "$TMP/out"
    else
      systemctl stop squid >"$TMP/out" 2>&1 || fail stop "$TMP/out"
    fi
  fi
  if [ "$(mark_of "$OURS")" = "$INSTANCE" ]; then rm -f "$OURS" "$OURS.new" "$OURS.last"; fi
  rm -f "$STATE"
fi
report
"""


def look(instance: str, *, host: str = "", stranger: str = "invalid.example") -> str:
    """Read only: what is on the machine, and, with ``host``, whether that answers past the proxy.

    Where Squid runs with a configuration of ours it is also asked to lead to ``host``, to ``stranger``, which is on no list,
    and to instance metadata; these it has to refuse.
    """
    return _script(_LOOK, INSTANCE=instance, HOST=host, STRANGER=stranger)


def install(instance: str, configuration: str, port: int, *, replace_foreign: bool) -> str:
    """Squid with this configuration, enabled and listening. Safe to repeat, also after it was killed.

    Raises ValueError when the configuration is too long for one command.
    """
    packed = base64.b64encode(gzip.compress(configuration.encode(), mtime=0)).decode("ascii")
    script = _script(
        f"TEXT='{packed}'\n{_INSTALL.strip()}",
        INSTANCE=instance,
        HOST="",
        PORT=str(port),
        REPLACE="yes" if replace_foreign else "no",
        SHA256=digest(configuration),
    )
    if len(script) > MOST_LETTERS:
        raise ValueError(f"the script has {len(script)} characters, and {MOST_LETTERS} is the most")
    return script


def remove(instance: str) -> str:
    """The configuration and the state of the service as they were before. The package stays. Safe to repeat."""
    return _script(_REMOVE, INSTANCE=instance, HOST="")


def _script(body: str, **variables: str) -> str:
    lines = [f"{name}=$(printf '%s' '{_packed(value)}' | base64 -d)" for name, value in {"MARK": MARK, **variables}.items()]
    return "\n".join([*lines, _COMMON.strip(), body.strip()]) + "\n"


def _packed(value: str) -> str:
    return base64.b64encode(value.encode()).decode("ascii")
