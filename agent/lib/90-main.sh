# shellcheck shell=sh
# The session: one call at a time in the background, and an ear that is never busy. Or, with a task, no session at all.

# sshd makes each session the leader of a group of its own. Others (sudo, dropbear) do not, and killing their group would kill them.
lead_own_group() {
  look_at "$$" && [ "$look_pgrp" != "$$" ] && [ -z "${nm_alone:-}" ] && has setsid || return 0
  # The text goes by the environment, since argv is public; it holds no secret, and is dropped at once.
  nm_alone=yes
  export nm_alone nm_nonce nm_script
  # shellcheck disable=SC2016 # for the new shell to expand
  exec setsid sh -c 'eval "$nm_script"'
}

answer_stop() {
  stop_grace=0
  while gather "$$" && [ -n "$members" ] && [ "$stop_grace" -lt 20 ]; do
    # shellcheck disable=SC2086 # a list of numbers
    [ "$stop_grace" -gt 0 ] || kill -TERM $members 2>/dev/null
    nap
    stop_grace=$((stop_grace + nap_tenths))
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

# Whether one of these calls changes anything.
needs_lock() {
  for needs_name; do
    case $needs_name in
      facts | check | words | gone) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

run_call() {
  case $1 in
    facts | check | words | gone) ;;
    deps | deps_proxy | download | install | verify | proxy | trust | keep | back | settle | uninstall)
      [ -z "$lock_trouble" ] || die INSTALL_FAILED "$lock_trouble" ;;
    *) mark "fail INSTALL_FAILED there is no call '$1'"; exit 64 ;;
  esac
  "call_$1"
}

# The outer shell outlives the call's own, so that even a call that was killed has an end.
run_calls() {
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
  set -f
  # shellcheck disable=SC2086 # split on purpose
  set -- $1
  set +f
  if [ -z "$lock_mine" ] && needs_lock "$@"; then take_lock; fi
  run_calls "$@" </dev/null 3<&- &
  job=$!
}

main() {
  lead_own_group
  # Given on by lead_own_group, and nobody else's business.
  script_text=$nm_script
  main_nonce=$nm_nonce
  unset nm_script nm_alone nm_nonce
  nm_nonce=$main_nonce
  exec 3<&0 </dev/null 2>&1
  look_at "$$"
  mark "ready $$ ${look_pgrp:-$$}"
  while IFS= read -r request <&3; do
    case $request in
      'set '*' '*) request=${request#set }; remember "${request%% *}" "${request#* }" ;;
      'set '*) remember "${request#set }" '' ;;
      'call '*) answer_call "${request#call }" ;;
      stop) answer_stop ;;
      '') ;;
      *) emit "a request that is none of set, call, stop" ;;
    esac
  done
  end_unheard
}

# What the agent was told to do by its server, with nobody at the other end. Its own shell tells how it ended.
uninstall_alone() {
  take_lock
  (run_call uninstall && call_gone)
  alone_code=$?
  drop_lock
  exit "$alone_code"
}

# A file that holds this script says before it what it is for.
case ${task:-session} in
  watch) watch_trial ;;
  uninstall) uninstall_alone ;;
  session) main ;;
esac
