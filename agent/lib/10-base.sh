# shellcheck shell=sh
# What every other part stands on: words to the controller, a look at processes, limits of time.
# No `local` (ksh has none): a variable's name starts with its function's. Calls run in subshells, so nothing leaks between them.

LC_ALL=C
export LC_ALL
unset CDPATH ENV BASH_ENV
umask 077
newline=$(echo; echo .)
newline=${newline%.}
prefix=${NODEMAN_ROOT:-}/opt/nodeman
agent_home=$prefix/agent
cache=$prefix/cache
unit=/etc/systemd/system/nodeman-agent.service

# The PATH of a session without login lacks the system folders, and a non-root account's always does.
[ -n "${NODEMAN_ROOT:-}" ] || PATH=${PATH:-/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# Prints one line without touching backslashes, never through a program: in mksh and ksh88 printf is one, and its argv is public.
case $(type print 2>/dev/null) in
  *builtin*) emit() { print -r -- "$*"; } ;;
  *) emit() { printf '%s\n' "$*"; } ;;
esac

mark() { emit "@nm:$nm_nonce:$*"; }

# Ends a call: code and sentence, on one line.
die() {
  die_code=$1
  shift
  mark "fail $die_code $(one_line "$*")"
  exit 1
}

# one_line <words…>: prints them without control characters, on one line.
one_line() {
  line_text=$(emit "$*" | tr '\000-\037\177' ' ')
  emit "${line_text% }"
}

# ran <exit code> <command words…>: tells the controller which command failed. What that said, at most its last 20 lines, is
# printed before (`last_lines`), the reason comes after (`die`). No secret may be among the words.
ran() {
  ran_code=$1
  shift
  mark "ran $ran_code $(one_line "$*")"
}

# Prints the last 20 lines of a text, and nothing of an empty one.
last_lines() { [ -z "$1" ] || emit "$1" | tail -n 20; }

has() { command -v "$1" >/dev/null 2>&1; }

last_line() {
  last_text=${1%"$newline"}
  emit "${last_text##*"$newline"}"
}

nap() { sleep 0.1 2>/dev/null || sleep 1; }

# Reads a process's state, ppid, pgrp, session and start time into look_*; false when there is no such process.
look_at() {
  look_line=
  { IFS= read -r look_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # split on purpose: numbers, after the name, which may hold blanks and brackets
  set -- ${look_line##*') '}
  look_state=$1 look_ppid=$2 look_pgrp=$3 look_session=$4 look_start=${20}
}

# Prints the stat files of living processes that may have one of the ids $1 (`a|b|c`) as parent, group or session: one grep
# instead of a look at each process, which costs a shell a system call per byte. It finds itself; by the time of a look it is gone.
kin_of() {
  if has grep; then
    grep -lE "\\) [^XZ] ([0-9]+ ){0,2}($1) " /proc/[0-9]*/stat 2>/dev/null
  else
    for kin_stat in /proc/[0-9]*/stat; do emit "$kin_stat"; done
  fi
}

# Collects into $members the living processes below pid $1 and in the group or session that it leads, without itself.
gather() {
  members=
  gather_ids=$1
  gather_grew=1
  while [ -n "$gather_grew" ]; do
    gather_grew=
    for gather_pid in $(kin_of "$gather_ids"); do
      gather_pid=${gather_pid#/proc/}
      gather_pid=${gather_pid%/stat}
      case "|$gather_ids|" in *"|$gather_pid|"*) continue ;; esac
      look_at "$gather_pid" || continue
      case $look_state in [ZX]) continue ;; esac
      case "|$gather_ids|" in *"|$look_ppid|"* | *"|$look_pgrp|"* | *"|$look_session|"*) ;; *) continue ;; esac
      members="$members $gather_pid"
      gather_ids="$gather_ids|$gather_pid"
      gather_grew=1
    done
  done
}

# Kills a process and all below it.
kill_tree() {
  gather "$1"
  # shellcheck disable=SC2086 # a list of numbers
  kill -9 "$1" $members 2>/dev/null
}

# bounded <seconds> <command…>: the command's exit code, or 124 when its time was over and it was killed with its children.
# Not timeout(1): it moves the command into a group of its own, and older busybox spells it differently.
bounded() {
  bounded_limit=$1
  shift
  "$@" &
  bounded_pid=$!
  # The watcher's sleep must not outlive it: it would hold the session's output open.
  (
    trap 'kill "$!"; exit' TERM
    sleep "$bounded_limit" &
    wait "$!"
    kill_tree "$bounded_pid"
    exit 124
  ) >/dev/null 2>&1 &
  bounded_watch=$!
  wait "$bounded_pid" 2>/dev/null
  bounded_code=$?
  kill "$bounded_watch" 2>/dev/null
  wait "$bounded_watch" 2>/dev/null
  [ $? -ne 124 ] || bounded_code=124
  return "$bounded_code"
}

# Prints why nothing can be written into folder $1, or nothing at all when it can.
disk_trouble() {
  disk_probe=$1/.probe.$$
  disk_error=$(dd if=/dev/zero of="$disk_probe" bs=65536 count=1 2>&1) && disk_error=
  rm -f "$disk_probe" 2>/dev/null
  case $disk_error in
    '') ;;
    *'No space left'*) emit "no space left on device at $1 ($(free_kb "$1") KB free)" ;;
    *'Read-only file system'*) emit "$1 is on a read-only file system" ;;
    *'Permission denied'*) emit "no permission to write in $1" ;;
    *quota*) emit "the disk quota is used up at $1" ;;
    *) emit "cannot write in $1: $(last_line "$disk_error")" ;;
  esac
}

# Free kilobytes where folder $1 is or would be, or nothing.
free_kb() {
  free_dir=$1
  while [ ! -d "$free_dir" ]; do free_dir=${free_dir%/*}; free_dir=${free_dir:-/}; done
  # shellcheck disable=SC2046 # split on purpose: the fourth word of the last line
  set -- $(df -Pk "$free_dir" 2>/dev/null | tail -n 1)
  emit "${4:-}"
}

# Makes a folder, or says why it cannot be made.
make_dir() {
  # A missing /opt is everybody's, not only ours.
  [ -d "${prefix%/*}" ] || (umask 022; mkdir -p "${prefix%/*}" 2>/dev/null)
  make_error=$(mkdir -p "$1" 2>&1) && return
  case $make_error in
    *'No space left'*) emit "cannot make $1: no space left on device" ;;
    *) emit "cannot make $1: ${make_error##*: }" ;;
  esac
  return 1
}
