# shellcheck shell=sh
# Who listens where on this host, by /proc/net.

# Prints an IPv4 address as /proc/net/tcp writes it on a little-endian host.
hex_address() {
  IFS=.
  # shellcheck disable=SC2086 # split on purpose
  set -- $1
  unset IFS
  printf '%02X%02X%02X%02X' "$4" "$3" "$2" "$1"
}

# Prints the inodes of the sockets that leave no room for `address:port`: at the address itself and at all addresses. Of IPv6, every
# listener at the port counts when the address is one, and else what takes IPv4 connections too.
sockets_at() {
  at_port=$(printf '%04X' "${1##*:}")
  case $1 in
    \[*) at_v4='' at_v6='[0-9A-F]*' ;;
    *) at_v4="($(hex_address "${1%:*}")|00000000)" at_v6='0{32}' ;;
  esac
  { [ -z "$at_v4" ] || grep -E " $at_v4:$at_port [0-9A-F:]+ 0A " /proc/net/tcp; grep -E " $at_v6:$at_port [0-9A-F:]+ 0A " /proc/net/tcp6; } 2>/dev/null |
    while read -r _ _ _ _ _ _ _ _ _ at_inode _; do emit "$at_inode"; done
}

# port_holder <address:port>: prints `<program> (process <pid>)`, `a program of another account` where it cannot be seen, or nothing.
port_holder() {
  holder_inodes=$(sockets_at "$1" | tr '\n' '|')
  [ -n "$holder_inodes" ] || return 0
  # shellcheck disable=SC2010,SC2012 # /proc holds no odd names, and one ls is quicker than a thousand readlinks
  holder_pid=$(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -E "^/proc/|socket:\\[(${holder_inodes%"|"})\\]" | {
    while IFS= read -r holder_line; do
      case $holder_line in
        /proc/*) holder_pid=${holder_line#/proc/} ;;
        *) emit "${holder_pid%%/*}"; break ;;
      esac
    done
  })
  holder_name=
  if [ -n "$holder_pid" ]; then { IFS= read -r holder_name <"/proc/$holder_pid/comm"; } 2>/dev/null; fi
  if [ -n "$holder_name" ]; then emit "$holder_name (process $holder_pid)"; else emit "a program that this account cannot see"; fi
}

# True for an address of this host's, and for one of which /proc does not tell.
is_own_address() {
  case $1 in 127.* | \[*) return 0 ;; esac
  [ -r /proc/net/fib_trie ] || return 0
  own_last=
  while read -r own_first own_second _; do
    case $own_first:$own_second in
      '|--':*) own_last=$own_second ;;
      /32:host) [ "$own_last" != "$1" ] || return 0 ;;
    esac
  done </proc/net/fib_trie
  return 1
}
