# shellcheck shell=sh
# Nothing of ours stays; nothing of anybody else's goes.

call_uninstall() {
  is_installed || [ -d "$agent_home" ] || emit "no agent is installed here"
  end_watchdog
  stop_agent remove || die INSTALL_FAILED "processes of the agent cannot be killed: $kill_pids"
  remove_proxy
  boot_remove
  uninstall_said=$(rm -rf "$agent_home" "$cache" 2>&1)
  uninstall_code=$?
  if [ "$uninstall_code" -ne 0 ]; then
    last_lines "$uninstall_said"
    ran "$uninstall_code" "rm -rf $agent_home $cache"
    die INSTALL_FAILED "cannot remove everything: $(last_line "$uninstall_said")"
  fi
  emit "uninstall done"
}

# Prints what of ours is still here, one thing a line. The lock is this session's own, and goes with it.
what_is_left() {
  for left_path in "$agent_home" "$cache"; do [ ! -e "$left_path" ] || emit "$left_path"; done
  boot_left
  proxy_left
  left_here=$(agent_processes versions current plugins before)
  [ -z "$left_here" ] || emit "processes ${left_here% }"
}

call_gone() {
  gone_left=$(what_is_left | while IFS= read -r gone_thing; do printf ', %s' "$gone_thing"; done)
  [ -z "$gone_left" ] || die INSTALL_FAILED "still here: ${gone_left#, }"
  emit "nothing is left"
}
