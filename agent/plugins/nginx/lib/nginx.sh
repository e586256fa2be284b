# shellcheck shell=sh
# The plugin `nginx` of a PROXY: what bin/start, bin/stop and bin/status do. The agent calls `status` before each report.

LC_ALL=C
export LC_ALL
umask 077
# No word is a pattern, an IPv6 address in brackets least of all.
set -f
plugin=${NODEMAN_PLUGIN_HOME:-$(cd "${0%/*}/.." && pwd)}
home=${NODEMAN_AGENT_HOME:-${plugin%/plugins/*}}

case $(type print 2>/dev/null) in
  *builtin*) emit() { print -r -- "$*"; } ;;
  *) emit() { printf '%s\n' "$*"; } ;;
esac

has() { command -v "$1" >/dev/null 2>&1; }

nap() { sleep 0.1 2>/dev/null || sleep 1; }

give_up() {
  emit "$*"
  exit 1
}

# value_in <file> <key>: prints the value of the first `key=` line.
value_in() {
  while IFS= read -r value_line || [ -n "$value_line" ]; do
    case $value_line in "$2="*) emit "${value_line#*=}"; return ;; esac
  done 2>/dev/null <"$1"
  return 1
}

program=$(value_in "$plugin/etc/settings" program) && listen=$(value_in "$plugin/etc/settings" listen) ||
  give_up "$plugin/etc/settings cannot be read"

# Prints the pids of this nginx's processes. A worker's command line names no path, but all of them work in run/. In a container
# the same path is another host's. For a subshell.
nginx_pids() {
  pids_folder=$(cd -P "$plugin/run" && pwd -P) || return
  pids_here=$(readlink /proc/$$/ns/pid)
  set +f
  for pids_pid in $(grep -lF 'nginx: ' /proc/[0-9]*/cmdline 2>/dev/null); do
    pids_pid=${pids_pid#/proc/}
    pids_pid=${pids_pid%/cmdline}
    case $(readlink "/proc/$pids_pid/ns/pid"):$(readlink "/proc/$pids_pid/cwd") in "$pids_here:$pids_folder") emit "$pids_pid" ;; esac
  done
} 2>/dev/null

# True when the process of the pid file lives, as $master.
is_up() {
  master=
  { read -r master <"$plugin/run/nginx.pid"; } 2>/dev/null
  [ -n "$master" ] || return 1
  case " $(nginx_pids | tr '\n' ' ')" in *" $master "*) ;; *) return 1 ;; esac
}

# end_processes <signal…>: sends each signal to all processes and waits up to 3 s for their end.
end_processes() {
  for end_signal; do
    end_round=0
    while end_pids=$(nginx_pids) && [ -n "$end_pids" ] && [ "$end_round" -lt 30 ]; do
      # shellcheck disable=SC2086 # a list of numbers
      [ "$end_round" -gt 0 ] || kill -s "$end_signal" $end_pids 2>/dev/null
      end_round=$((end_round + 1))
      nap
    done
  done
}

# True when it, and not another program, answers where it should listen.
answers() {
  answers_url=http://$listen/nodeman-proxy
  if has curl; then
    answers_text=$(curl -q -g -s --noproxy '*' --max-time 3 "$answers_url")
  else
    case $(wget --version 2>&1) in
      *GNU*) answers_text=$(wget -q --no-proxy -t 1 -T 3 -O - "$answers_url") ;;
      *) answers_text=$(wget -q -T 3 -O - "$answers_url") ;;
    esac
  fi
  [ "$answers_text" = nodeman-proxy ]
} 2>/dev/null

# Prints the servers that the agent reports to now.
servers_now() {
  now_servers=$(value_in "$home/run/learned" servers)
  [ -n "$now_servers" ] || now_servers=$(value_in "$home/etc/agent.conf" servers)
  case $now_servers in '' | *[!][A-Za-z0-9.:_\ -]*) return 1 ;; esac
  emit "$now_servers"
}

# put_servers <wanted> <used>: writes servers.conf. False when nginx does not take it; its words are in $said then.
put_servers() {
  {
    emit "#servers=$1"
    emit 'upstream servers {'
    for put_server in $2; do emit "server $put_server max_fails=3 fail_timeout=5s;"; done
    emit '}'
  } >"$plugin/etc/servers.conf.new" && mv -f "$plugin/etc/servers.conf.new" "$plugin/etc/servers.conf" || {
    said="$plugin/etc/servers.conf cannot be written"
    return 1
  }
  said=$("$program" -t -q -p "$plugin/" -c "$plugin/etc/nginx.conf" 2>&1)
}

# resolved <servers>: prints them without the one of which nginx said that its name is not found; false when that helps nothing.
resolved() {
  case $said in *'host not found in upstream "'*) ;; *) return 1 ;; esac
  resolved_bad=${said#*'host not found in upstream "'}
  resolved_bad=${resolved_bad%%\"*}
  resolved_good=
  for resolved_server in $1; do
    [ "$resolved_server" = "$resolved_bad" ] || resolved_good="$resolved_good $resolved_server"
  done
  [ -n "$resolved_good" ] && [ "$resolved_good" != " $1" ] && emit "${resolved_good# }"
}

# write_servers <servers>: false, with the former file back, when nginx does not take them. A name that is not found would keep
# nginx from starting: it is left out as long as another server is there.
write_servers() {
  write_file=$plugin/etc/servers.conf
  [ ! -f "$write_file" ] || cp -f "$write_file" "$write_file.before"
  write_used=$1
  until put_servers "$1" "$write_used"; do
    write_used=$(resolved "$write_used") && continue
    [ ! -f "$write_file.before" ] || mv -f "$write_file.before" "$write_file"
    return 1
  done
  rm -f "$write_file.before"
}

# Takes a changed list of servers over. One that nginx does not take changes nothing, and is tried again next time.
adopt_servers() {
  adopt_servers=$(servers_now) || return
  [ "$adopt_servers" != "$(value_in "$plugin/etc/servers.conf" '#servers')" ] || return 0
  write_servers "$adopt_servers" && kill -s HUP "$master"
}

# One that runs already takes its configuration anew.
start_nginx() {
  is_up || end_processes KILL
  start_servers=$(servers_now) || give_up "the agent knows no server to forward to"
  write_servers "$start_servers" || give_up "nginx refuses its configuration: $said"
  # Its processes stay in the folder where they are started: that is how they are found.
  cd "$plugin/run" || exit 1
  if is_up; then
    kill -s HUP "$master"
  else
    "$program" -p "$plugin/" -c "$plugin/etc/nginx.conf" >"$plugin/log/start.log" 2>&1 || give_up "$(cat "$plugin/log/start.log")"
  fi
  start_round=0
  while [ "$start_round" -lt 30 ]; do
    if is_up && answers; then emit "nginx answers at $listen, process $master"; exit 0; fi
    nap
    start_round=$((start_round + 1))
  done
  give_up "nginx does not answer at $listen: $(tail -n 3 "$plugin/log/error.log")"
}

stop_nginx() {
  end_processes TERM KILL
  [ -z "$end_pids" ] || give_up "processes of nginx cannot be killed: $end_pids"
  emit "stopped"
}

status_nginx() {
  is_up || give_up "not running"
  if [ "$(wc -c <"$plugin/log/error.log")" -gt 262144 ]; then emit '' >"$plugin/log/error.log"; fi
  adopt_servers
  answers || give_up "nginx does not answer at $listen"
  emit "nginx answers at $listen, process $master"
}
