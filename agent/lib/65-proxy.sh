# shellcheck shell=sh
# What makes a host a PROXY: nginx as a plugin of the agent's. Its files lie in agent/plugins/nginx as they lie on the host.

nginx_home=$agent_home/plugins/nginx

# Whose rights nginx's workers have: `account group`. Under NODEMAN_ROOT everything is one account's.
worker_account() {
  if [ -n "${NODEMAN_ROOT:-}" ]; then emit "$(id -un) $(id -gn)"; return; fi
  for worker_name in nobody nginx www-data daemon; do
    worker_group=$(id -gn "$worker_name" 2>/dev/null) && emit "$worker_name $worker_group" && return
  done
  return 1
}

# Lets nginx's workers pass to the cache. Folders above ours are not ours to open.
let_workers_pass() {
  chmod 0711 "$prefix" "$agent_home" "$agent_home/plugins" "$nginx_home" "$nginx_home/run" "$nginx_home/temp"
  [ -z "${NODEMAN_ROOT:-}" ] || return 0
  pass_dir=${prefix%/*}
  while [ -n "$pass_dir" ]; do
    pass_mode=$(ls -ld "$pass_dir/.")
    case ${pass_mode%% *} in
      d????????[xt]*) ;;
      *) die INSTALL_FAILED "nginx's workers (account $1) cannot pass $pass_dir, whose mode is ${pass_mode%% *}: chmod o+x $pass_dir" ;;
    esac
    pass_dir=${pass_dir%/*}
  done
}

# nginx_settings <program>: what differs from host to host. nginx makes the folders of its modules where it was built to, unless told;
# a module that it was built without must not be spoken of.
nginx_settings() {
  settings_account=$(worker_account) ||
    die INSTALL_FAILED "this host has none of the accounts nobody, nginx, www-data and daemon to run nginx's workers as"
  settings_built=$("$1" -V 2>&1)
  settings_version=${settings_built#*/}
  settings_version=${settings_version%%[!0-9.]*}
  {
    for settings_key in start stop status; do emit "$settings_key=bin/$settings_key"; done
    emit "name=nginx"
    emit "version=$settings_version"
  } >"$nginx_home/manifest" &&
    { emit "program=$1"; emit "listen=$v_listen"; } >"$nginx_home/etc/settings" &&
    emit "listen $v_listen;" >"$nginx_home/etc/listen.conf" &&
    if [ "$(id -u)" = 0 ]; then emit "user $settings_account;"; emit 'worker_rlimit_nofile 8192;'; fi >"$nginx_home/etc/main.conf" &&
    for settings_module in fastcgi uwsgi scgi; do
      case $settings_built in *"without-http_${settings_module}_module"*) ;; *) emit "${settings_module}_temp_path temp/$settings_module;" ;; esac
    done >"$nginx_home/etc/http.conf"
}

# Prints a file of the plugin's, as it lies in this script.
nginx_file() {
  case $1 in
    bin/start)
      embed plugins/nginx/bin/start
      ;;
    bin/stop)
      embed plugins/nginx/bin/stop
      ;;
    bin/status)
      embed plugins/nginx/bin/status
      ;;
    lib/nginx.sh)
      embed plugins/nginx/lib/nginx.sh
      ;;
    etc/nginx.conf)
      embed plugins/nginx/etc/nginx.conf
      ;;
  esac
}

write_nginx_plugin() {
  for plugin_folder in '' /bin /lib /etc /log /run /temp; do
    plugin_trouble=$(make_dir "$nginx_home$plugin_folder") || die INSTALL_FAILED "$plugin_trouble"
  done
  for plugin_file in bin/start bin/stop bin/status lib/nginx.sh etc/nginx.conf; do
    nginx_file "$plugin_file" >"$nginx_home/$plugin_file" || die INSTALL_FAILED "cannot write $nginx_home/$plugin_file: $(disk_trouble "$nginx_home")"
  done
  chmod u+x "$nginx_home/bin/start" "$nginx_home/bin/stop" "$nginx_home/bin/status"
  nginx_settings "$1" || die INSTALL_FAILED "cannot write below $nginx_home: $(disk_trouble "$nginx_home")"
  let_workers_pass "${settings_account% *}"
}

# why_no_nginx <what it said>: the cause where it is plain, then nginx's own last word.
why_no_nginx() {
  no_port=${v_listen##*:}
  no_words=$(emit "$1" | grep -F '[emerg]' | tail -n 1)
  no_words=${no_words:-$(last_line "$1")}
  case $1 in
    *'(98: '*)
      no_holder=$(port_holder "$v_listen")
      emit "port $no_port is taken on this host${no_holder:+ by $no_holder}"
      return ;;
    *'(99: '*) emit "${v_listen%:*} is no address of this host: $no_words" ;;
    *bind*'(13: '*) emit "nginx may not listen at port $no_port$(selinux_enforces && emit ' (SELinux is enforcing)'): $no_words" ;;
    *) emit "nginx does not come up: $no_words" ;;
  esac
}

call_proxy() {
  need listen
  [ "$(id -u)" = 0 ] || [ -n "${NODEMAN_ROOT:-}" ] || die INSTALL_FAILED "only root can make this host a PROXY, and this is $(id -un)"
  is_installed || die INSTALL_FAILED "no agent is installed here to keep nginx running"
  proxy_program=$(command -v nginx) || die COMMAND_NOT_FOUND "this host lacks nginx"
  write_nginx_plugin "$proxy_program"
  # It says of itself that it runs only once it answers at its address. A session of its own, so that it outlives this one.
  proxy_said=$(bounded 30 apart env -i PATH="$PATH" LC_ALL=C NODEMAN_AGENT_HOME="$agent_home" NODEMAN_PLUGIN_HOME="$nginx_home" "$nginx_home/bin/start" 2>&1)
  proxy_code=$?
  if [ "$proxy_code" -ne 0 ]; then
    last_lines "$proxy_said"
    ran "$proxy_code" "$proxy_program -p $nginx_home/ -c $nginx_home/etc/nginx.conf"
    die INSTALL_FAILED "$(why_no_nginx "$proxy_said")"
  fi
  emit "$(last_line "$proxy_said")"
}

# Prints the processes of our nginx. A worker's command line names no path, but all of them work in the plugin's folder run/.
nginx_processes() {
  nginx_run=$(cd -P "$nginx_home/run" 2>/dev/null && pwd -P) || nginx_run=$(cd -P "${prefix%/*}" 2>/dev/null && pwd -P)/${nginx_home#"${prefix%/*}/"}/run
  for nginx_pid in $(processes_of 'nginx: '); do
    case $(link_text "/proc/$nginx_pid/cwd") in "$nginx_run" | "$nginx_run (deleted)") emit "$nginx_pid" ;; esac
  done
}

# Ends nginx, whatever the agent left of it, and takes the server's key out of all files that were given it.
remove_proxy() {
  remove_round=0
  while remove_pids=$(nginx_processes | tr '\n' ' ') && [ -n "$remove_pids" ]; do
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $remove_pids 2>/dev/null
    remove_round=$((remove_round + 1))
    [ "$remove_round" -le 30 ] || die INSTALL_FAILED "processes of nginx cannot be killed: $remove_pids"
    nap
  done
  distrust
}

# Prints what of a PROXY is still here, one thing a line.
proxy_left() {
  left_pids=$(nginx_processes | tr '\n' ' ')
  [ -z "$left_pids" ] || emit "nginx, processes ${left_pids% }"
  trusted_left
}
