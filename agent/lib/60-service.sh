# shellcheck shell=sh
# Starting, stopping and asking the installed agent, whatever agent it is: its manifest says how.

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
  bounded 20 apart "$@" >"$agent_home/log/start.log" 2>&1
  agent_code=$?
  agent_said=$(tail -n 3 "$agent_home/log/start.log")
  return "$agent_code"
}

is_installed() { [ -r "$agent_home/current/manifest" ]; }

is_running() { is_installed && agent_command status; }

# agent_processes <folder…>: pids of what was started from these folders of the agent's, each followed by a blank.
agent_processes() {
  for processes_dir; do
    shift
    set -- "$@" "$agent_home/$processes_dir/"
  done
  processes_of "$@" | tr '\n' ' '
}

# kill_processes <folder…>: false when they are still there after 3 s, as $kill_pids.
kill_processes() {
  kill_round=0
  while kill_pids=$(agent_processes "$@") && [ -n "$kill_pids" ]; do
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $kill_pids 2>/dev/null
    [ "$kill_round" -le 30 ] || return 1
    nap
    kill_round=$((kill_round + nap_tenths))
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

# Starts what `current` points to, and waits until its status says that it runs. On failure $start_why says why, $start_command
# failed with $start_code, and $start_said is what it said.
start_agent() {
  start_why=
  start_command=$(manifest_value "$agent_home/current/manifest" start)
  if [ "$(host_init)" = systemd ]; then
    start_command='systemctl start nodeman-agent.service'
    start_by_systemd
  else
    agent_command start
  fi
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
  start_why="the agent did not come up: $start_why"
  return 1
}
