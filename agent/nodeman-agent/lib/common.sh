# shellcheck shell=sh
# What the agent's programs share. POSIX sh without `local`; a variable's name starts with its function's.
# Each program sets `version_dir` (its own package, links resolved) before it reads this.

LC_ALL=C
umask 077
newline=$(echo; echo .)
newline=${newline%.}
home=${NODEMAN_AGENT_HOME:-${version_dir%/versions/*}}
bin=$version_dir/bin
# shellcheck disable=SC2034 # for those who read this file
conf=$home/etc/agent.conf run=$home/run logs=$home/log plugins=$home/plugins

# Prints one line, `emit_bare` without its end; never through a program, whose argv everybody can read.
case $(type print 2>/dev/null) in
  *builtin*)
    emit() { print -r -- "$*"; }
    emit_bare() { print -rn -- "$*"; } ;;
  *)
    emit() { printf '%s\n' "$*"; }
    emit_bare() { printf '%s' "$*"; } ;;
esac

has() { command -v "$1" >/dev/null 2>&1; }

nap() { sleep 0.1 2>/dev/null || sleep 1; }

# Prints the seconds since 1970, or of this shell's life where date knows no %s: good for differences.
now() {
  now_text=$(date +%s)
  # shellcheck disable=SC3028 # ksh has it, and only there it is needed
  case $now_text in '' | *[!0-9]*) now_text=${SECONDS:-0} ;; esac
  emit "$now_text"
}

# is_number <text> <lowest> <highest>
is_number() {
  case $1 in '' | *[!0-9]* | ???????????*) return 1 ;; esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# One line into the log, which never grows past two files of 256 kB.
log() {
  log_size=$(wc -c <"$logs/agent.log" 2>/dev/null)
  if [ "${log_size:-0}" -gt 262144 ]; then mv -f "$logs/agent.log" "$logs/agent.log.1"; fi
  emit "$(date '+%Y-%m-%dT%H:%M:%S%z') $*" >>"$logs/agent.log"
} 2>/dev/null

# value_in <file> <key>: prints the value of the first `key=` line.
value_in() {
  while IFS= read -r value_line || [ -n "$value_line" ]; do
    case $value_line in "$2="*) emit "${value_line#*=}"; return ;; esac
  done 2>/dev/null <"$1"
  return 1
}

# Prints the command line of a process; there is no /proc/<pid>/cmdline under AIX.
command_line_of() {
  if [ -r "/proc/$$/cmdline" ]; then
    tr '\000' ' ' <"/proc/$1/cmdline"
  else
    ps -o args= -p "$1"
  fi
} 2>/dev/null

# pid_in <file> [<folder>]: prints the pid in it, if that process lives and was started from our versions (or that folder of ours):
# after a reboot the number may be anybody's.
pid_in() {
  pid_found=
  { read -r pid_found <"$1"; } 2>/dev/null
  is_number "$pid_found" 2 9999999999 || return 1
  case ${2:-}:$(command_line_of "$pid_found") in
    :*"$home/versions/"* | :*"$home/current/"*) emit "$pid_found" ;;
    ?*:*"$home/${2:-}/"*) emit "$pid_found" ;;
    *) return 1 ;;
  esac
} 2>/dev/null

# kill_loop <pid>: ends the reporting loop with its sleep and its curl: they are a group of their own, a moment after their start.
kill_loop() {
  [ -n "$1" ] || return 0
  kill -9 "-$1" || kill -9 "$1"
} 2>/dev/null

# limited <seconds> <command…>. Old busybox wants -t; AIX has no timeout(1).
limited() {
  limited_for=$1
  shift
  if [ -z "${limited_how:-}" ]; then
    limited_how=none
    if timeout -t 1 true 2>/dev/null; then limited_how=busybox; fi
    if timeout 1 true 2>/dev/null; then limited_how=usual; fi
  fi
  case $limited_how in
    usual) timeout "$limited_for" "$@" ;;
    busybox) timeout -t "$limited_for" "$@" ;;
    none) limited_by_us "$@" ;;
  esac
}

limited_by_us() {
  "$@" &
  limited_pid=$!
  # Its sleep must not outlive it.
  (
    trap 'kill "$!"; exit' TERM
    sleep "$limited_for" &
    wait "$!"
    kill -9 "$limited_pid"
  ) >/dev/null 2>&1 &
  limited_watch=$!
  wait "$limited_pid"
  limited_code=$?
  kill "$limited_watch" 2>/dev/null
  wait "$limited_watch" 2>/dev/null
  return "$limited_code"
}

# launch <command…>: leaves it running apart from the agent. With systemd in a unit of its own: what stops the agent's ends all in that.
launch() {
  case $(cat /proc/self/cgroup 2>/dev/null) in
    *nodeman-agent.service*)
      # shellcheck disable=SC2016 # for the unit's shell to expand
      systemd-run -q --unit="nodeman-task-$$-$(now)" --setenv=PATH="$PATH" --setenv=NODEMAN_AGENT_HOME="$home" \
        /bin/sh -c 'exec "$0" "$@"' "$@" ;;
    *) if has setsid; then (setsid "$@" &); else (set -m; trap '' HUP; "$@" &); fi ;;
  esac
} </dev/null >/dev/null 2>&1

# plugin_command <plugin's name> <start|stop|status>: runs the command of the plugin's manifest, in a session of its own, silently.
plugin_command() {
  plugin_dir=$plugins/$1
  plugin_program=$plugin_dir/$(value_in "$plugin_dir/manifest" "$2") || return 127
  (
    NODEMAN_PLUGIN_HOME=$plugin_dir NODEMAN_AGENT_HOME=$home
    export NODEMAN_PLUGIN_HOME NODEMAN_AGENT_HOME
    if has setsid; then limited 10 setsid "$plugin_program"; else set -m; limited 10 "$plugin_program"; fi
  ) </dev/null >/dev/null 2>&1
}

# Prints the names of the plugins, one a line. A name that could break a report is no name.
plugin_names() {
  for plugin_manifest in "$plugins"/*/manifest; do
    plugin_name=${plugin_manifest%/manifest}
    plugin_name=${plugin_name##*/}
    case $plugin_name in '' | *[!A-Za-z0-9._-]*) ;; *) emit "$plugin_name" ;; esac
  done
}
