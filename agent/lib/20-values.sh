# shellcheck shell=sh
# What the controller sets, and what of it we believe. It comes from our own server, and is checked here all the same:
# these values end up in file names, addresses and a configuration file of root's.

v_host_id='' v_token='' v_servers='' v_interval=''
v_package_file='' v_package_name='' v_package_version='' v_package_sha256=''

# remember <name> <value>
remember() {
  case $1 in
    run_id | host_id | token | servers | interval | package_file | package_name | package_version | package_sha256)
      eval "v_$1=\$2" ;;
    *) emit "nothing is called '$1' here" ;;
  esac
}

is_word() {
  case $1 in '' | [.-]* | *[!A-Za-z0-9._+-]*) return 1 ;; esac
  [ ${#1} -le 200 ]
}

# is_number <text> <lowest> <highest>
is_number() {
  case $1 in '' | *[!0-9]* | ???????????*) return 1 ;; esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# host:port, or [IPv6]:port
is_server() {
  case $1 in
    \[*\]:*)
      server_host=${1#?}
      server_host=${server_host%]:*}
      case $server_host in *[!0-9A-Fa-f:.]*) return 1 ;; esac ;;
    *:*)
      server_host=${1%:*}
      case $server_host in -* | *[!A-Za-z0-9._-]*) return 1 ;; esac ;;
    *) return 1 ;;
  esac
  [ -n "$server_host" ] && [ ${#server_host} -le 255 ] && is_number "${1##*:}" 1 65535
}

are_servers() {
  set -f
  # shellcheck disable=SC2086 # split on purpose
  set -- $1
  set +f
  [ $# -ge 1 ] && [ $# -le 16 ] || return 1
  for are_server; do is_server "$are_server" || return 1; done
}

# well_formed <name> <value>
well_formed() {
  case $1 in
    host_id) is_number "$2" 1 9999999999 ;;
    interval) is_number "$2" 1 86400 ;;
    token)
      case $2 in '' | *[!A-Za-z0-9._~+/=-]*) return 1 ;; esac
      [ ${#2} -le 512 ] ;;
    servers) are_servers "$2" ;;
    package_sha256)
      case $2 in *[!0-9a-f]*) return 1 ;; esac
      [ ${#2} -eq 64 ] ;;
    *) is_word "$2" ;;
  esac
}

# Ends the call with 64 unless each of the named values is set and well-formed. Never shows a value: one of them is secret.
need() {
  for need_name; do
    need_value=''
    eval "need_value=\$v_$need_name"
    well_formed "$need_name" "$need_value" && continue
    mark "fail INSTALL_FAILED the value '$need_name' is missing or malformed"
    exit 64
  done
}
