# shellcheck shell=sh
# What the agent's programs share. POSIX sh without `local`; a variable's name starts with its function's.
# Each program sets `version_dir` (its own package, links resolved) before it reads this.

LC_ALL=C
umask 077
home=${NODEMAN_AGENT_HOME:-${version_dir%/versions/*}}
bin=$version_dir/bin
# shellcheck disable=SC2034 # for those who read this file
conf=$home/etc/agent.conf run=$home/run logs=$home/log plugins=$home/plugins

# Prints one line; never through a program, whose argv everybody can read.
case $(type print 2>/dev/null) in
  *builtin*) emit() { print -r -- "$*"; } ;;
  *) emit() { printf '%s\n' "$*"; } ;;
esac

has() { command -v "$1" >/dev/null 2>&1; }

nap() { sleep 0.1 2>/dev/null || sleep 1; }

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

# pid_in <file>: prints the pid in it, if that process lives and is one of ours: after a reboot the number may be anybody's.
pid_in() {
  pid_found=
  { read -r pid_found <"$1"; } 2>/dev/null
  is_number "$pid_found" 2 9999999999 || return 1
  case $(tr '\000' ' ' 2>/dev/null <"/proc/$pid_found/cmdline") in
    *"$home/versions/"* | *"$home/current/"*) emit "$pid_found" ;;
    *) return 1 ;;
  esac
} 2>/dev/null

# kill_loop <pid>: ends the reporting loop with its sleep and its curl: they are a group of their own, a moment after their start.
kill_loop() {
  [ -n "$1" ] || return 0
  kill -9 "-$1" || kill -9 "$1"
} 2>/dev/null

# limited <seconds> <command…>. Old busybox wants -t; where there is no timeout(1), there is no limit.
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
    none) "$@" ;;
  esac
}

# plugin_command <plugin's name> <start|stop|status>: runs the command of the plugin's manifest, in a session of its own, silently.
plugin_command() {
  plugin_dir=$plugins/$1
  plugin_program=$(value_in "$plugin_dir/manifest" "$2") || return 127
  NODEMAN_PLUGIN_HOME=$plugin_dir NODEMAN_AGENT_HOME=$home \
    limited 10 setsid "$plugin_dir/$plugin_program" </dev/null >/dev/null 2>&1
}

# Prints the names of the plugins, one a line. A name that could break a report is no name.
plugin_names() {
  for plugin_manifest in "$plugins"/*/manifest; do
    plugin_name=${plugin_manifest%/manifest}
    plugin_name=${plugin_name##*/}
    case $plugin_name in '' | *[!A-Za-z0-9._-]*) ;; *) emit "$plugin_name" ;; esac
  done
}
