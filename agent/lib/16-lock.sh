# shellcheck shell=sh
# One session works on a host at a time, the newest: a lock that names its owner, and an end for that.

lock_mine='' lock_trouble=''

# take_lock: makes the lock ours, killing whoever holds it, unless that began after us. On failure $lock_trouble says why.
take_lock() {
  lock=$prefix/run/lock
  lock_trouble="neither /proc nor ps tells about processes"
  look_at "$$" || return
  lock_mine=$$.$look_pgrp.$look_start
  lock_trouble=$(make_dir "$prefix/run") || return
  lock_round=0
  while ! lock_error=$(ln -s "$lock_mine" "$lock" 2>&1); do
    lock_round=$((lock_round + 1))
    if is_newer "$(link_text "$lock")"; then lock_trouble="a newer session (process $owner_pid) works on this host"; return; fi
    if [ "$lock_round" -gt 50 ] || [ ! -h "$lock" ]; then lock_trouble=$(disk_trouble "$prefix/run"); fi
    # An owner that left just now took the empty folder along.
    if [ ! -d "$prefix/run" ] && [ "$lock_round" -le 50 ]; then lock_trouble=$(make_dir "$prefix/run") || return; continue; fi
    [ -z "$lock_trouble" ] || return
    if [ "$lock_round" -gt 50 ]; then lock_trouble="cannot make $lock: ${lock_error##*: }"; return; fi
    # Whoever moves the old lock away has it alone, and puts an end to its owner.
    mv -f "$lock" "$lock.$$" 2>/dev/null || { nap; continue; }
    end_owner "$(link_text "$lock.$$")"
    rm -f "$lock.$$"
  done
}

# is_owner <pid>.<pgid>.<start time>: whether that process is still the one that wrote this.
is_owner() {
  owner_pid=${1%%.*}
  is_number "$owner_pid" 2 9999999999 && look_at "$owner_pid" && [ "$look_start" = "${1##*.}" ]
}

# is_newer <lock's text>: a session that was forgotten and wakes up late must not push a newer one aside.
is_newer() {
  is_owner "$1" || return
  case $look_start${lock_mine##*.} in *[!0-9]*) return 1 ;; esac
  [ "$look_start" -gt "${lock_mine##*.}" ]
}

# end_owner <lock's text>: kills an earlier session's processes.
end_owner() {
  is_owner "$1" || return 0
  emit "an earlier session (process $owner_pid) still works on this host; ending it"
  # Stopped first, so that it cannot answer its controller or start another call while its children go.
  kill -STOP "$owner_pid" 2>/dev/null
  end_members "$owner_pid" || emit "processes of the earlier session outlived SIGKILL:$members"
  kill -9 "$owner_pid" 2>/dev/null
}

# A session that only looked has none.
drop_lock() {
  [ -n "$lock_mine" ] || return 0
  [ "$(link_text "$lock")" != "$lock_mine" ] || rm -f "$lock"
  # Only if empty: then nothing of ours is installed here.
  rmdir "$prefix/run" "$prefix" 2>/dev/null
}

# end_members <pid>: kills what is below <pid> and in its group and session, and looks that it is gone (5 s at most).
end_members() {
  end_round=0
  while gather "$1" && [ -n "$members" ]; do
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $members 2>/dev/null
    [ "$end_round" -le 50 ] || return 1
    nap
    end_round=$((end_round + nap_tenths))
  done
}
