# shellcheck shell=sh
# A version on trial: who decides whether it stays, and what becomes of a host whose installation was cut off.

# Ends the watchdog, unless this is it.
end_watchdog() {
  [ "${task:-}" != watch ] || return 0
  for watchdog_pid in $(agent_processes before); do kill_tree "$watchdog_pid"; done
}

# The watchdog is this script in a file, with a task: it outlives the session, and our agent starts it again after a reboot.
start_watchdog() {
  {
    # shellcheck disable=SC2016 # for the watchdog to expand
    emit 'NODEMAN_ROOT=${0%/opt/nodeman/*}' &&
      emit "task=watch trial=$v_trial nm_nonce=watchdog" &&
      emit "$script_text"
  } >"$before/watchdog" || no_watchdog "$(disk_trouble "$before")"
  leave_behind sh "$before/watchdog" </dev/null >"$agent_home/log/trial.log" 2>&1
  watchdog_round=0
  until [ -s "$before/pid" ]; do
    nap
    watchdog_round=$((watchdog_round + 1))
    [ "$watchdog_round" -le 50 ] || no_watchdog "$(tail -n 1 "$agent_home/log/trial.log")"
  done
}

# Nothing has changed yet, and nothing changes without it.
no_watchdog() {
  end_watchdog
  drop_before
  refuse "the watchdog of the trial did not start: $1"
}

# A session that works has 10 minutes, one that only waits 30 s: its controller should have decided by now.
wait_for_session() {
  wait_round=0
  while wait_owner=$(link_text "$prefix/run/lock") && is_owner "$wait_owner" && [ "$wait_round" -lt 600 ]; do
    [ "$wait_round" -gt 0 ] || emit "the time is over, but a session (process ${wait_owner%%.*}) is on this host"
    gather "${wait_owner%%.*}"
    [ -n "$members" ] || [ "$wait_round" -lt 30 ] || break
    sleep 1
    wait_round=$((wait_round + 1))
  done
}

# The watchdog's whole life.
watch_trial() {
  exec </dev/null
  emit $$ >"$before/pid"
  # shellcheck disable=SC2154 # it stands before this script in its file
  sleep "$trial"
  wait_for_session
  take_lock
  if [ -n "$lock_trouble" ]; then agent_log "the trial is over, but $lock_trouble"; exit 1; fi
  [ ! -f "$before/watchdog" ] || decide_trial
  drop_lock
}

decide_trial() {
  decide_what="the trial of $(before_text new) is over"
  if has_reported; then
    keep_version
    agent_log "$decide_what; it has reported, and stays"
    return
  fi
  go_back
  [ $? -ne 2 ] || (call_uninstall)
  agent_log "$decide_what without a report; $back_did"
}

agent_log() {
  emit "$*"
  [ ! -d "$agent_home/log" ] || emit "$(date '+%Y-%m-%dT%H:%M:%S%z') $*" >>"$agent_home/log/agent.log"
}

keep_version() {
  drop_before
  sweep_versions
}

# Where another run has installed since, or the watchdog has decided, this run's version is not here any more.
call_keep() {
  end_watchdog
  if is_before_ours; then keep_version; fi
  keep_here=$(installed_version) || die INSTALL_FAILED "nothing is installed here any more"
  [ -z "$v_run_id" ] || [ "$(installed_by)" = "$v_run_id" ] || die INSTALL_FAILED "the trial was over: the host went back to $keep_here by itself"
  emit "kept $keep_here"
}

call_back() {
  end_watchdog
  if ! is_before_ours; then
    back_here=$(installed_version) || { emit "nothing is installed here"; return; }
    [ -z "$v_run_id" ] || [ "$(installed_by)" != "$v_run_id" ] || die INSTALL_FAILED "version $back_here is final: there is nothing to go back to"
    emit "went back to $back_here before"
    return
  fi
  if has_reported; then
    keep_version
    die INSTALL_FAILED "version $(installed_version) has reported meanwhile, so it stays"
  fi
  go_back
  case $? in
    0) emit "$back_did"; return ;;
    2) call_uninstall && emit "$back_did"; return ;;
  esac
  last_lines "$start_said"
  ran "$start_code" "$start_command"
  die INSTALL_FAILED "$back_did"
}

# An installation that was cut off, or this run's own: the next one begins with what was here before.
mend_before() {
  end_watchdog
  is_before_open || return 0
  if has_reported; then keep_version; return; fi
  emit "an installation of version $(before_text new) was not finished"
  go_back
  [ ! -d "$before" ] || die INSTALL_FAILED "$back_did"
  emit "$back_did"
}

# settle_on <gone|before|stays>
settle_on() {
  case $1 in
    gone) call_uninstall ;;
    *)
      sweep_versions
      rm -f "$cache"/.*.part
      is_running || start_agent || die INSTALL_FAILED "version $(installed_version) is here, but $start_why" ;;
  esac
  mark "fact settled=$1"
}

call_settle() {
  end_watchdog
  [ "$v_had_agent" != no ] || { settle_on gone; return; }
  mend_before
  if ! is_installed; then
    settle_on gone
  elif [ -n "$v_run_id" ] && [ "$(installed_by)" = "$v_run_id" ]; then
    settle_on stays
  else
    settle_on before
  fi
}
