# shellcheck shell=sh
# What the controller sets, and what of it we believe. It comes from our own server, and is checked here all the same:
# these values end up in file names, addresses and a configuration file of root's.

v_host_id='' v_token='' v_servers='' v_interval=''
v_package_file='' v_package_name='' v_package_version='' v_package_sha256=''
v_node_type='' v_listen='' v_server_key='' v_account='' v_command_key='' v_trial='' v_had_agent=''

# remember <name> <value>
remember() {
  case $1 in
    run_id | host_id | token | servers | interval | package_file | package_name | package_version | package_sha256 | \
      node_type | listen | server_key | account | command_key | trial | had_agent)
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

# An address of a host itself: no name, and an IPv6 one in brackets.
is_listen() {
  is_server "$1" || return
  case $1 in
    \[*:*]:*) ;;
    *[!0-9.:]*) return 1 ;;
    *.*.*.*.*) return 1 ;;
    *.*.*.*) ;;
    *) return 1 ;;
  esac
}

# `ssh-ed25519 <key> [<comment>]`. Every key of this kind is as long and begins alike; what follows fits on a line of authorized_keys.
is_server_key() {
  case $1 in *[!A-Za-z0-9@._=\ /+-]*) return 1 ;; 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI'*) ;; *) return 1 ;; esac
  key_blob=${1#ssh-ed25519 }
  key_blob=${key_blob%% *}
  case $key_blob in *[!A-Za-z0-9/+]*) return 1 ;; esac
  [ ${#key_blob} -eq 68 ] && [ ${#1} -le 200 ]
}

# Letters of any alphabet, which are bytes here, digits and what is in the names of domains' accounts.
is_account() {
  account_ascii=$(emit "$1" | tr -d '\200-\377')
  case $1:$account_ascii in :* | -* | *:*[!A-Za-z0-9_.@\\\$+-]*) return 1 ;; esac
  [ ${#1} -le 256 ]
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
    node_type) case $2 in AGENT | PROXY | PAGENT) ;; *) return 1 ;; esac ;;
    had_agent) case $2 in yes | no) ;; *) return 1 ;; esac ;;
    listen) is_listen "$2" ;;
    server_key) is_server_key "$2" ;;
    account) is_account "$2" ;;
    trial) is_number "$2" 1 86400 ;;
    command_key)
      case $2 in *[!A-Za-z0-9_-]*) return 1 ;; esac
      [ ${#2} -eq 43 ] ;;
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
