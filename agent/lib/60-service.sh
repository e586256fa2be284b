# shellcheck shell=sh
# Starting, stopping and asking the installed agent, whatever agent it is: its manifest says how. What starts it after a reboot, too.

# Runs the installed package's command of manifest key $1. No variable of this session reaches it. What it says is in $agent_said.
agent_command() {
  agent_said=
  agent_program=$(manifest_value "$agent_home/current/manifest" "$1") || return 127
  agent_key=$1
  set -- env -i PATH="$PATH" LC_ALL=C NODEMAN_AGENT_HOME="$agent_home" "$agent_home/current/$agent_program"
  if [ "$agent_key" != start ]; then
    agent_said=$(bounded 20 "$@" 2>&1)
    return
  fi
  # A session of its own, so that the agent's life does not hang on this one's; a file, since an agent may keep its output open.
  bounded 20 setsid "$@" >"$agent_home/log/start.log" 2>&1
  agent_code=$?
  agent_said=$(tail -n 3 "$agent_home/log/start.log")
  return "$agent_code"
}

is_installed() { [ -r "$agent_home/current/manifest" ]; }

is_running() { is_installed && agent_command status; }

# agent_processes <folder…>: pids of what was started from these folders of the agent's. The patterns go by stdin, so grep does
# not find itself. A container's agent, which has the same paths, is another host's: it lives in another pid namespace.
agent_processes() {
  processes_here=$(readlink /proc/$$/ns/pid)
  # shellcheck disable=SC2062 # files, not a pattern
  for processes_dir; do emit "$agent_home/$processes_dir/"; done | grep -lF -f - /proc/[0-9]*/cmdline 2>/dev/null |
    while IFS=/ read -r _ _ processes_pid _; do
      [ "$(readlink "/proc/$processes_pid/ns/pid")" != "$processes_here" ] || printf '%s ' "$processes_pid"
    done
}

# kill_processes <folder…>: false when they are still there after 3 s, as $kill_pids.
kill_processes() {
  kill_round=0
  while kill_pids=$(agent_processes "$@") && [ -n "$kill_pids" ]; do
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $kill_pids 2>/dev/null
    kill_round=$((kill_round + 1))
    [ "$kill_round" -le 30 ] || return 1
    nap
  done
}

# stop_agent <restart|remove>: with `restart` the agent says no goodbye and leaves its plugins alone. Whatever ignores it is killed.
stop_agent() {
  rm -f "$agent_home/run/restarting"
  if is_installed; then
    [ "$1" = remove ] || : >"$agent_home/run/restarting"
    if [ "$(host_init)" = systemd ] && [ -f "$unit" ]; then bounded 30 systemctl stop nodeman-agent.service; fi
    agent_command stop || emit "the agent's own stop command failed: $(last_line "$agent_said")"
  fi
  if [ "$1" = restart ]; then kill_processes versions current; else kill_processes versions current plugins; fi
}

# Starts what `current` points to, and waits until its status says that it runs. On failure $start_why says why.
start_agent() {
  start_why=
  if [ "$(host_init)" = systemd ]; then start_by_systemd; else agent_command start; fi
  start_code=$?
  start_said=$agent_said
  start_round=0
  while [ "$start_round" -lt 50 ]; do
    is_running && return
    [ "$start_code" -eq 0 ] || break
    nap
    start_round=$((start_round + 1))
  done
  start_why=$(disk_trouble "$agent_home/run")
  [ -n "$start_why" ] || start_why="start ended with code $start_code: $(last_line "$start_said")"
  [ -z "$start_said" ] || emit "$start_said"
  start_why="the agent did not come up: $start_why"
  return 1
}

# The commands stand behind a shell on purpose: SELinux lets init run /bin/sh, but not any file below /opt.
unit_text() {
  unit_run="/bin/sh -c 'exec $agent_home/current"
  emit '[Unit]'
  emit 'Description=nodeman agent'
  emit 'Wants=network-online.target'
  emit 'After=network-online.target'
  emit '[Service]'
  emit 'Type=forking'
  emit "PIDFile=$agent_home/run/agent.pid"
  emit "Environment=NODEMAN_AGENT_HOME=$agent_home"
  emit "ExecStart=$unit_run/$(manifest_value "$agent_home/current/manifest" start)'"
  emit "ExecStop=$unit_run/$(manifest_value "$agent_home/current/manifest" stop)'"
  emit 'KillMode=mixed'
  emit 'TimeoutStartSec=30'
  emit 'TimeoutStopSec=20'
  emit 'Restart=always'
  emit 'RestartSec=5'
  emit '[Install]'
  emit 'WantedBy=multi-user.target'
}

start_by_systemd() {
  unit_text >"$unit.new" && mv -f "$unit.new" "$unit" || return
  {
    bounded 30 systemctl daemon-reload &&
      bounded 30 systemctl -q enable nodeman-agent.service &&
      bounded 60 systemctl start nodeman-agent.service
  } >"$agent_home/log/start.log" 2>&1
  systemd_code=$?
  agent_said=$(cat "$agent_home/log/start.log")
  [ "$systemd_code" -eq 0 ] || agent_said=$agent_said$newline$(bounded 10 journalctl -u nodeman-agent.service -n 5 -o cat --no-pager 2>/dev/null)
  return "$systemd_code"
}

# cron_line <add|remove>: root's `@reboot` line, where there is a crontab and no systemd. A crontab that cannot be read is left alone.
cron_line() {
  [ -z "${NODEMAN_ROOT:-}" ] && has crontab && [ "$(host_init)" = none ] || return 0
  cron_old=$(crontab -l 2>&1) || case $cron_old in
    *'no crontab'* | *'No such file'*) cron_old= ;;
    *) emit "root's crontab cannot be read, so it stays as it is: $(last_line "$cron_old")"; return 0 ;;
  esac
  cron_file=$prefix/run/crontab.$$
  : >"$cron_file"
  [ -z "$cron_old" ] || emit "$cron_old" | grep -v '# nodeman-agent$' >"$cron_file"
  if [ "$1" = add ]; then
    cron_start=$(manifest_value "$agent_home/current/manifest" start)
    emit "@reboot NODEMAN_AGENT_HOME=$agent_home $agent_home/current/$cron_start # nodeman-agent" >>"$cron_file"
  fi
  if [ "$(cat "$cron_file")" = "$cron_old" ]; then
    :
  elif [ -s "$cron_file" ]; then
    bounded 20 crontab "$cron_file" || emit "crontab refused the new table"
  else
    bounded 20 crontab -r || emit "crontab refused to remove the empty table"
  fi
  rm -f "$cron_file"
}
