# shellcheck shell=sh
# Whether an installation here would succeed. Looks only: no file, no folder, no lock.

# report_check <name> <pass|fail|skip> <evidence…>
report_check() {
  report_outcome="$1 $2"
  shift 2
  mark "check $report_outcome $(one_line "$*")"
}

# The nearest folder that is there, of one that may be missing.
nearest_folder() {
  nearest_dir=$1
  while [ ! -d "$nearest_dir" ]; do nearest_dir=${nearest_dir%/*}; nearest_dir=${nearest_dir:-/}; done
  emit "$nearest_dir"
}

# mount_of <folder>: where its file system is mounted, and how; nothing where /proc does not tell. The last of several wins.
mount_of() {
  mount_there=$(cd -P "$1" 2>/dev/null && pwd -P) || return
  mount_best='' mount_how=''
  while read -r _ mount_point _ mount_options _; do
    case $mount_there/ in
      "${mount_point%/}/"*) [ ${#mount_point} -lt ${#mount_best} ] || mount_best=$mount_point mount_how=$mount_options ;;
    esac
  done 2>/dev/null </proc/self/mounts
  [ -z "$mount_best" ] || emit "$mount_best $mount_how"
}

check_space() {
  space_needed=65536
  [ "$v_node_type" != PROXY ] || space_needed=131072
  space_free=$(free_kb "$prefix")
  space_words="$space_free KB free at $1, $space_needed KB are needed"
  # Some shells count to 2^31 only.
  case $space_free in
    '' | *[!0-9]*) report_check space skip "df does not tell" ;;
    ??????????*) report_check space pass "$space_words" ;;
    *) if [ "$space_free" -lt "$space_needed" ]; then report_check space fail "$space_words"; else report_check space pass "$space_words"; fi ;;
  esac
}

# check_folder <folder> <where it is mounted, and how>
check_folder() {
  case ",${2#* }," in
    *,noexec,*) report_check noexec fail "${2% *} is mounted noexec" ;;
    ,,) report_check noexec skip "/proc/self/mounts does not tell" ;;
    *) report_check noexec pass "${2% *} is mounted ${2#* }" ;;
  esac
  case ",${2#* }," in *,ro,*) report_check writable fail "${2% *} is mounted read-only (Read-only file system)"; return ;; esac
  folder_flags=
  ! has lsattr || folder_flags=$(lsattr -d "$1" 2>/dev/null)
  case ${folder_flags%% *} in
    *i*) report_check writable fail "$1 is immutable (chattr +i)" ;;
    *) if [ -w "$1" ]; then report_check writable pass "$1"; else report_check writable fail "no permission to write in $1 as $(id -un)"; fi ;;
  esac
}

check_commands() {
  commands_lacking=$(lacking | tr '\n' ' ')
  [ "$v_node_type" != PROXY ] || has nginx || commands_lacking="${commands_lacking}nginx "
  commands_lacking=${commands_lacking% }
  if [ -z "$commands_lacking" ]; then report_check commands pass "all are here"; return; fi
  commands_why=$(why_not_bring "$commands_lacking")
  if [ -n "$commands_why" ]; then
    report_check commands fail "$commands_why"
  else
    report_check commands pass "lacking: $commands_lacking; $(package_manager) is here to bring them"
  fi
}

check_clock() {
  clock_now=$(date +%s 2>/dev/null)
  case $clock_now in
    '' | *[!0-9]*) report_check clock skip "date knows no %s" ;;
    *) report_check clock pass "$clock_now" ;;
  esac
}

# One line for each file server. Where the package is not known yet, any answer will do.
check_servers() {
  well_formed servers "$v_servers" || return 0
  servers_tool=$(host_downloader)
  if [ "$servers_tool" = none ]; then report_check server skip "neither curl nor wget is here to ask with"; return; fi
  forget_proxies
  servers_file=
  ! well_formed package_file "$v_package_file" || servers_file=$v_package_file
  set -f
  for servers_one in $v_servers; do
    servers_said=$(bounded 15 fetch_with "$servers_tool" "http://$servers_one/download/$servers_file" 2>&1)
    servers_code=$?
    if [ "$servers_code" -eq 0 ] || { [ -z "$servers_file" ] && [ -n "$(http_status_in "$servers_said")" ]; }; then
      report_check server pass "$servers_one: it answers"
    else
      report_check server fail "$servers_one: $(why_not_fetched "$servers_tool" "$servers_code" "$servers_said" 15)"
    fi
  done
  set +f
}

check_port() {
  [ "$v_node_type" = PROXY ] && well_formed listen "$v_listen" || return 0
  if [ -n "$(nginx_processes)" ]; then report_check port pass "our own nginx runs here"; return; fi
  port_holder=$(port_holder "$v_listen")
  if [ -n "$port_holder" ]; then
    report_check port fail "port ${v_listen##*:} is taken on this host by $port_holder"
  elif ! is_own_address "${v_listen%:*}"; then
    report_check port fail "${v_listen%:*} is no address of this host"
  else
    report_check port pass "port ${v_listen##*:} is free at ${v_listen%:*}"
  fi
}

check_agent() {
  agent_words="none is installed"
  if is_installed; then
    if is_running; then agent_words="version $(installed_version) runs"; else agent_words="version $(installed_version) is installed and does not run"; fi
  fi
  [ ! -h "$prefix/run/lock" ] || agent_words="$agent_words; another session works here, or was cut off"
  report_check agent pass "$agent_words"
}

check_init() {
  init_starter=$(boot_starter)
  case $init_starter in
    systemd)
      init_state=$(bounded 10 systemctl is-system-running 2>/dev/null)
      case $init_state in
        degraded) init_state="degraded, failed: $(bounded 10 systemctl --failed --no-legend --plain --no-pager 2>/dev/null | while read -r init_unit _; do printf '%s ' "$init_unit"; done)" ;;
      esac
      report_check init pass "systemd${init_state:+ is $init_state}" ;;
    none) report_check init pass "nothing would start the agent after a reboot: this host has none of systemd, cron and the like" ;;
    *) report_check init pass "$init_starter starts the agent after a reboot" ;;
  esac
}

selinux_mode() { has getenforce && bounded 5 getenforce 2>/dev/null; }

selinux_enforces() { [ "$(selinux_mode)" = Enforcing ]; }

check_selinux() {
  selinux_now=$(selinux_mode)
  if [ -n "$selinux_now" ]; then report_check selinux pass "$selinux_now"; else report_check selinux skip "this host has none"; fi
}

call_check() {
  check_dir=$(nearest_folder "$prefix")
  check_space "$check_dir"
  check_folder "$check_dir" "$(mount_of "$check_dir")"
  check_commands
  check_clock
  check_servers
  check_port
  check_agent
  check_init
  check_selinux
}
