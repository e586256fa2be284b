# shellcheck shell=sh
# The session: one lock, one call at a time in the background, and an ear that is never busy.

# sshd makes each session the leader of a group of its own. Others (sudo, dropbear) do not, and killing their group would kill them.
lead_own_group() {
  look_at "$$" && [ "$look_pgrp" != "$$" ] && [ -z "${nm_alone:-}" ] && has setsid || return 0
  # The text goes by the environment, since argv is public; it holds no secret, and is dropped at once.
  nm_alone=yes
  export nm_alone nm_nonce nm_script
  # shellcheck disable=SC2016 # for the new shell to expand
  exec setsid sh -c 'eval "$nm_script"'
}

# take_lock: makes the lock ours, killing whoever holds it. On failure $lock_trouble says why.
take_lock() {
  lock=$prefix/run/lock
  lock_trouble="/proc is not mounted"
  look_at "$$" || return
  lock_mine=$$.$look_pgrp.$look_start
  lock_trouble=$(make_dir "$prefix/run") || return
  lock_round=0
  while ! lock_error=$(ln -s "$lock_mine" "$lock" 2>&1); do
    lock_round=$((lock_round + 1))
    if [ "$lock_round" -gt 50 ] || [ ! -h "$lock" ]; then lock_trouble=$(disk_trouble "$prefix/run"); fi
    [ -z "$lock_trouble" ] || return
    if [ "$lock_round" -gt 50 ]; then lock_trouble="cannot make $lock: ${lock_error##*: }"; return; fi
    # Whoever moves the old lock away has it alone, and puts an end to its owner.
    mv -f "$lock" "$lock.$$" 2>/dev/null || { nap; continue; }
    end_owner "$(readlink "$lock.$$")"
    rm -f "$lock.$$"
  done
}

# end_owner <pid>.<pgid>.<start time>: kills an earlier session's processes, if that process is still the one that wrote this.
end_owner() {
  owner_pid=${1%%.*}
  is_number "$owner_pid" 2 9999999999 || return 0
  look_at "$owner_pid" && [ "$look_start" = "${1##*.}" ] || return 0
  emit "an earlier session (process $owner_pid) still works on this host; ending it"
  # Stopped first, so that it cannot answer its controller or start another call while its children go.
  kill -STOP "$owner_pid" 2>/dev/null
  end_members "$owner_pid" || emit "processes of the earlier session outlived SIGKILL:$members"
  kill -9 "$owner_pid" 2>/dev/null
}

drop_lock() {
  [ "$(readlink "$lock" 2>/dev/null)" != "$lock_mine" ] || rm -f "$lock"
  # Only if empty: then nothing of ours is installed here.
  rmdir "$prefix/run" "$prefix" 2>/dev/null
}

# end_members <pid>: kills what is below <pid> and in its group and session, and looks that it is gone (5 s at most).
end_members() {
  end_round=0
  while gather "$1" && [ -n "$members" ]; do
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $members 2>/dev/null
    end_round=$((end_round + 1))
    [ "$end_round" -le 50 ] || return 1
    nap
  done
}

answer_stop() {
  stop_grace=0
  while gather "$$" && [ -n "$members" ] && [ "$stop_grace" -lt 20 ]; do
    # shellcheck disable=SC2086 # a list of numbers
    [ "$stop_grace" -gt 0 ] || kill -TERM $members 2>/dev/null
    nap
    stop_grace=$((stop_grace + 1))
  done
  end_members "$$" && stop_left='' || stop_left=$members
  drop_lock
  if [ -z "$stop_left" ]; then mark stopped; exit 0; fi
  # shellcheck disable=SC2086 # counted on purpose
  set -- $stop_left
  mark "alive $#"
  exit 1
}

# The session died: nobody is left to tell.
end_unheard() {
  end_members "$$"
  drop_lock
  kill -9 -$$ 2>/dev/null
  kill -9 $$
}

run_call() {
  case $1 in
    facts | gone) ;;
    deps | download | install | verify | uninstall) [ -z "$lock_trouble" ] || die INSTALL_FAILED "$lock_trouble" ;;
    *) mark "fail INSTALL_FAILED there is no call '$1'"; exit 64 ;;
  esac
  "call_$1"
}

# The outer shell outlives the call's own, so that even a call that was killed has an end.
run_calls() {
  set +f
  for run_name; do
    (run_call "$run_name")
    run_code=$?
    mark "done $run_name $run_code"
    [ "$run_code" -eq 0 ] || break
  done
}

# A call that said `done` may need a moment to end.
is_busy() {
  busy_round=0
  while look_at "${job:-none}" && [ "$look_ppid" = "$$" ] && [ "$look_state" != Z ]; do
    busy_round=$((busy_round + 1))
    [ "$busy_round" -le 10 ] || return 0
    nap
  done
  return 1
}

answer_call() {
  if is_busy; then
    mark "fail INSTALL_FAILED another call is still running"
    mark "done $1 75"
    return
  fi
  [ -z "${job:-}" ] || wait "$job" 2>/dev/null
  # shellcheck disable=SC2086 # names are split on purpose
  run_calls $1 </dev/null 3<&- &
  job=$!
}

main() {
  lead_own_group
  # Given on by lead_own_group, and nobody else's business.
  main_nonce=$nm_nonce
  unset nm_script nm_alone nm_nonce
  nm_nonce=$main_nonce
  exec 3<&0 </dev/null 2>&1
  take_lock
  look_at "$$"
  mark "ready $$ ${look_pgrp:-$$}"
  while IFS= read -r request <&3; do
    case $request in
      'set '*' '*) request=${request#set }; remember "${request%% *}" "${request#* }" ;;
      'set '*) remember "${request#set }" '' ;;
      'call '*) set -f; answer_call "${request#call }"; set +f ;;
      stop) answer_stop ;;
      '') ;;
      *) emit "a request that is none of set, call, stop" ;;
    esac
  done
  end_unheard
}

main
