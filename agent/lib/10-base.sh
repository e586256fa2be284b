# shellcheck shell=sh
# What every other part stands on: words to the controller, and folders.
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

# Sleeps for $nap_tenths of a second: one, or ten where sleep knows whole seconds only.
nap() {
  nap_tenths=1
  sleep 0.1 2>/dev/null || { nap_tenths=10; sleep 1; }
}

# Prints what a symbolic link points to; AIX has no readlink.
link_text() {
  if has readlink; then readlink "$1" 2>/dev/null; return; fi
  link_line=$(ls -ld "$1" 2>/dev/null)
  case $link_line in *' -> '*) emit "${link_line#*' -> '}" ;; *) return 1 ;; esac
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
