# shellcheck shell=sh
# Processes: who is there, who belongs to whom, how they end, and limits of time.
# Linux and Cygwin tell it in /proc/<pid>/stat. Elsewhere (AIX) ps does, which knows no sessions and no start times.

has_stat() { [ -r "/proc/$$/stat" ]; }

# Reads a process's state, ppid, pgrp, session and start time into look_*; false when there is no such process.
look_at() {
  has_stat || { look_by_ps "$1"; return; }
  look_line=
  { IFS= read -r look_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # split on purpose: numbers, after the name, which may hold blanks and brackets
  set -- ${look_line##*') '}
  look_state=$1 look_ppid=$2 look_pgrp=$3 look_session=$4 look_start=${20}
}

# The same from ps: the program's name stands for the start time, since it too tells a process from a later one of its number.
look_by_ps() {
  set -f
  # shellcheck disable=SC2046 # split on purpose: two numbers, a name, and the words where a dead process is called so
  set -- $(ps -o ppid= -o pgid= -o comm= -o args= -p "$1" 2>/dev/null)
  set +f
  [ $# -ge 3 ] || return 1
  look_state=S look_ppid=$1 look_pgrp=$2 look_session=$2 look_start=${3##*[!A-Za-z0-9]}
  case $* in *'<defunct>'*) look_state=Z ;; esac
}

# Prints the living processes that may have one of the ids $1 (`a|b|c`) as parent, group or session: one grep instead of a look at
# each process, which costs a shell a system call per byte. It finds itself, as ps does; by the time of a look it is gone.
kin_of() {
  if ! has_stat; then
    ps -e -o pid= -o ppid= -o pgid= | while read -r kin_pid kin_ppid kin_pgrp; do
      case "|$1|" in *"|$kin_ppid|"* | *"|$kin_pgrp|"*) emit "$kin_pid" ;; esac
    done
  elif has grep; then
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

# Prints the processes that were started from a path that holds one of these texts. The patterns go by stdin, so grep does not find
# itself. A container's processes, which may have the same paths, are another host's: they live in another pid namespace.
processes_of() {
  if ! has_stat; then
    ps -e -o pid= -o args= | while read -r of_pid of_args; do
      for of_text; do case $of_args in *"$of_text"*) emit "$of_pid"; break ;; esac; done
    done
    return
  fi
  of_here=$(link_text "/proc/$$/ns/pid")
  # shellcheck disable=SC2062 # files, not a pattern
  for of_text; do emit "$of_text"; done | grep -lF -f - /proc/[0-9]*/cmdline 2>/dev/null |
    while IFS=/ read -r _ _ of_pid _; do
      [ "$(link_text "/proc/$of_pid/ns/pid")" != "$of_here" ] || emit "$of_pid"
    done
}

# Kills a process and all below it.
kill_tree() {
  gather "$1"
  # shellcheck disable=SC2086 # a list of numbers
  kill -9 "$1" $members 2>/dev/null
}

# apart <command…>: in a session of its own and deaf to a hangup; where setsid lacks, in a process group of its own.
apart() {
  if has setsid; then setsid "$@"; return; fi
  (set -m; trap '' HUP; "$@" & wait "$!")
}

# leave_behind <command…>: starts it apart, with a parent that is not ours.
leave_behind() {
  if has setsid; then (setsid "$@" &); else (set -m; trap '' HUP; "$@" &); fi
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
    # The command is over as it is killed, and that is no reason to end before this is said.
    trap '' TERM
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
