# shellcheck shell=sh
# Nothing of ours stays; nothing of anybody else's goes.

call_uninstall() {
  is_installed || [ -d "$agent_home" ] || emit "no agent is installed here"
  stop_agent remove || die INSTALL_FAILED "processes of the agent cannot be killed: $kill_pids"
  if [ -z "${NODEMAN_ROOT:-}" ] && [ -f "$unit" ]; then
    has systemctl && bounded 30 systemctl -q disable nodeman-agent.service
    rm -f "$unit" "$unit.new"
    [ "$(host_init)" = none ] || { bounded 30 systemctl daemon-reload; bounded 30 systemctl reset-failed nodeman-agent.service 2>/dev/null; }
  fi
  cron_line remove
  uninstall_error=$(rm -rf "$agent_home" "$cache" 2>&1) || die INSTALL_FAILED "cannot remove everything: $(last_line "$uninstall_error")"
  emit "uninstall done"
}

# The lock is this session's own, and goes with it.
call_gone() {
  gone_left=
  for gone_path in "$agent_home" "$cache"; do [ ! -e "$gone_path" ] || gone_left="$gone_left, $gone_path"; done
  if [ -z "${NODEMAN_ROOT:-}" ]; then
    [ ! -e "$unit" ] || gone_left="$gone_left, $unit"
    if has crontab; then case $(crontab -l 2>/dev/null) in *"$agent_home/"*) gone_left="$gone_left, a line in root's crontab" ;; esac; fi
  fi
  gone_pids=$(agent_processes versions current plugins)
  [ -z "$gone_pids" ] || gone_left="$gone_left, processes ${gone_pids% }"
  [ -z "$gone_left" ] || die INSTALL_FAILED "still here: ${gone_left#, }"
  emit "nothing is left"
}
