# shellcheck shell=sh
# The server's key in an account's authorized_keys, for forwarding alone. etc/trusted remembers each file that holds one, a line
# each: `<key in base64> <what we made> <file>`. What we made: d the folder, f the file, n a newline at the end of its last line.

trusted=$agent_home/etc/trusted

# account_field <account> <number>: a field of its line in the account database.
account_field() {
  account_line=$(bounded 10 getent passwd "$1" 2>/dev/null) || {
    while IFS= read -r account_line; do case $account_line in "$1:"*) break ;; esac; account_line=; done </etc/passwd
  }
  [ -n "$account_line" ] || return 1
  IFS=:
  set -f
  # shellcheck disable=SC2086 # split on purpose
  set -- "$2" $account_line
  unset IFS
  set +f
  shift "$1"
  emit "$1"
}

# Prints the options of the sshd that this session came through, as far as they lead to its configuration.
sshd_options() {
  options_pid=$$
  while look_at "$options_pid" && [ "$look_ppid" -gt 1 ]; do
    options_pid=$look_ppid
    options_words=$(tr '\000' ' ' 2>/dev/null <"/proc/$options_pid/cmdline")
    case $options_words in
      *sshd*' -f '*) options_words=${options_words#* -f }; emit "-f ${options_words%% *}"; return ;;
    esac
  done
}

# ask_sshd <account>: $sshd_says is what sshd makes of its configuration for this account, a setting a line; nothing under NODEMAN_ROOT.
ask_sshd() {
  sshd_says=
  [ -z "${NODEMAN_ROOT:-}" ] && sshd_program=$(command -v sshd) || return 0
  # shellcheck disable=SC2046 # split on purpose
  sshd_says=$(bounded 10 "$sshd_program" -T $(sshd_options) -C "user=$1,host=localhost,addr=127.0.0.1" 2>/dev/null)
}

# sshd_setting <name in lower case>
sshd_setting() {
  emit "$sshd_says" | while read -r setting_name setting_value; do
    [ "$setting_name" != "$1" ] || { emit "$setting_value"; break; }
  done
}

# Says what of sshd's configuration would keep the key from being of use. No more than a hint: a Match block may say otherwise.
warn_of_sshd() {
  case $(sshd_setting pubkeyauthentication) in no) emit "sshd of this host takes no keys (PubkeyAuthentication no)" ;; esac
  case $(sshd_setting disableforwarding) in yes) emit "sshd of this host forwards nothing (DisableForwarding yes)" ;; esac
  case $(sshd_setting allowtcpforwarding) in no | remote) emit "sshd of this host forwards no connections (AllowTcpForwarding no)" ;; esac
  [ "$(sshd_setting strictmodes)" != no ] || return 0
  case $(ls -ld "$1/." 2>/dev/null) in
    d????w* | d???????w*) emit "$1 can be written by others than its owner: sshd will not believe the keys in it (StrictModes)" ;;
  esac
}

# find_keys <account>: $keys_file is where sshd reads the account's keys, $keys_home its home folder, $keys_owner its `uid:gid`.
# On failure $keys_trouble says why.
find_keys() {
  ask_sshd "$1"
  keys_file='' keys_owner='' keys_home=${NODEMAN_ROOT:-}/home
  if [ -z "${NODEMAN_ROOT:-}" ]; then
    keys_trouble="this host knows no account '$1'"
    keys_home=$(account_field "$1" 6) || return
    keys_owner=$(account_field "$1" 3):$(account_field "$1" 4)
  fi
  keys_trouble="sshd of this host reads no authorized_keys (AuthorizedKeysFile none)"
  keys_path=$(sshd_setting authorizedkeysfile)
  case ${keys_path:=.ssh/authorized_keys} in none) return 1 ;; esac
  keys_path=${keys_path%% *}
  case $keys_path in *%h*) keys_path=${keys_path%%%h*}$keys_home${keys_path#*%h} ;; esac
  case $keys_path in *%u*) keys_path=${keys_path%%%u*}$1${keys_path#*%u} ;; esac
  case $keys_path in *%U*) keys_path=${keys_path%%%U*}${keys_owner%:*}${keys_path#*%U} ;; esac
  case $keys_path in /*) keys_file=$keys_path ;; *) keys_file=$keys_home/$keys_path ;; esac
  # Root's own links lead where root wants. Through another account's, root writes nowhere.
  if [ "${keys_owner%:*}" = 0 ] && [ -e "$keys_file" ]; then keys_file=$(readlink -f "$keys_file"); fi
}

# key_lines <key>: a pattern for the lines of authorized_keys that hold it.
key_lines() { emit "^[^#]*ssh-ed25519[[:blank:]][[:blank:]]*$1"; }

holds_key() { [ -f "$1" ] && grep -q "$(key_lines "$2")" "$1" 2>/dev/null; }

ends_open() { [ -s "$1" ] && [ -n "$(tail -c 1 "$1" | tr '\000' x)" ]; }

ends_with_key() { [ -f "$1" ] && tail -n 1 "$1" | grep -q "$(key_lines "$2")"; }

# edited_keys <file> <key> <line or nothing> <n or not>: prints the file without the key's lines, then the line. With n, a newline
# that was put before our own line goes with it.
edited_keys() {
  edited_sed="\\|$(key_lines "$2")|d"
  if [ "$4" = n ] && ends_with_key "$1" "$2"; then
    edited_size=$(sed "$edited_sed" "$1" | wc -c)
    sed "$edited_sed" "$1" | head -c "$((edited_size - 1))" || return
  elif [ -f "$1" ]; then
    sed "$edited_sed" "$1" || return
  fi
  [ -n "$3" ] || return 0
  if ends_open "$1" && ! ends_with_key "$1" "$2"; then emit '' || return; fi
  emit "$3"
}

# edit_keys <file> <key> <line or nothing> <n or not>: all or nothing, since a full disk must cost nobody the way in.
edit_keys() {
  edit_new=$1.nodeman.$$
  rm -f "$edit_new"
  # A copy first, for the sake of its owner and mode.
  edit_error=$({ if [ -f "$1" ]; then cp -p "$1" "$edit_new"; fi && edited_keys "$@" >"$edit_new" && mv -f "$edit_new" "$1"; } 2>&1) && return
  edit_code=$?
  rm -f "$edit_new"
  last_lines "$edit_error"
  edit_trouble=$(disk_trouble "${1%/*}")
  ran "$edit_code" "write $1"
  die INSTALL_FAILED "cannot write $1: ${edit_trouble:-${edit_error##*: }}"
}

# make_keys_folder: sets $made to d when the folder of $keys_file was missing.
make_keys_folder() {
  made=
  keys_folder=${keys_file%/*}
  [ -z "${NODEMAN_ROOT:-}" ] || mkdir -p "$keys_home"
  for keys_link in "$keys_folder" "$keys_file"; do
    [ "${keys_owner%:*}" = 0 ] || [ ! -h "$keys_link" ] || die INSTALL_FAILED "$keys_link is a symbolic link of $v_account's: root does not write through it"
  done
  [ ! -e "$keys_file" ] || [ -f "$keys_file" ] || die INSTALL_FAILED "$keys_file is no file"
  [ ! -d "$keys_folder" ] || return 0
  case $keys_folder in "$keys_home"/*) ;; *) die INSTALL_FAILED "the folder $keys_folder, where sshd looks for keys, is missing" ;; esac
  [ -d "$keys_home" ] || die INSTALL_FAILED "the account '$v_account' has no home folder ($keys_home), so sshd finds no keys of it"
  made=d
  keys_error=$(mkdir -p "$keys_folder" 2>&1) || die INSTALL_FAILED "cannot make $keys_folder: ${keys_error##*: }"
  [ -z "$keys_owner" ] || chown "$keys_owner" "$keys_folder"
}

# remember_file <key> <what we made> <file>: before it is changed; what was made the first time stays true.
remember_file() {
  while IFS= read -r remember_line; do
    case $remember_line in "$1 "*" $3") return ;; esac
  done 2>/dev/null <"$trusted"
  emit "$1 ${2:--} $3" >>"$trusted" || die INSTALL_FAILED "cannot write $trusted: $(disk_trouble "${trusted%/*}")"
}

call_trust() {
  need server_key account
  [ "$(id -u)" = 0 ] || [ -n "${NODEMAN_ROOT:-}" ] || die INSTALL_FAILED "only root can change what keys sshd takes, and this is $(id -un)"
  is_installed || die INSTALL_FAILED "no agent is installed here to remember where the key is"
  find_keys "$v_account" || die INSTALL_FAILED "$keys_trouble"
  warn_of_sshd "$keys_home"
  trust_key=${v_server_key#ssh-ed25519 }
  trust_key=${trust_key%% *}
  trust_line="restrict,port-forwarding,command=\"/bin/false\" $v_server_key"
  make_keys_folder
  if [ ! -e "$keys_file" ]; then made=${made}f; elif ends_open "$keys_file" && ! holds_key "$keys_file" "$trust_key"; then made=n; fi
  remember_file "$trust_key" "$made" "$keys_file"
  if [ -f "$keys_file" ] && grep -qxF "$trust_line" "$keys_file"; then emit "the server's key is in $keys_file already"; return; fi
  edit_keys "$keys_file" "$trust_key" "$trust_line" ''
  case $made in *f*) [ -z "$keys_owner" ] || chown "$keys_owner" "$keys_file" ;; esac
  # sshd believes no file that others than its owner can write.
  chmod go-w "$keys_folder" "$keys_file"
  ! has restorecon || bounded 10 restorecon "$keys_folder" "$keys_file"
  emit "the server's key is in $keys_file, for forwarding alone"
}

# distrust_file <key> <what we made> <file>
distrust_file() {
  holds_key "$3" "$1" || return 0
  case $2 in *n*) distrust_newline=n ;; *) distrust_newline= ;; esac
  edit_keys "$3" "$1" '' "$distrust_newline"
  emit "took the server's key out of $3"
  case $2 in *f*) [ -s "$3" ] || rm -f "$3" ;; esac
  case $2 in *d*) rmdir "${3%/*}" 2>/dev/null ;; esac
  return 0
}

# Takes the server's key out of every file that was given it, and out of the account's that the controller names.
distrust() {
  if [ -f "$trusted" ]; then
    while read -r distrust_key distrust_made distrust_path; do
      distrust_file "$distrust_key" "$distrust_made" "$distrust_path"
    done <"$trusted"
  fi
  names_key || return 0
  distrust_file "$named_key" - "$keys_file"
}

# Whether the controller named a key and an account that this host knows: $named_key, $keys_file.
names_key() {
  well_formed server_key "$v_server_key" && well_formed account "$v_account" && find_keys "$v_account" || return
  named_key=${v_server_key#ssh-ed25519 }
  named_key=${named_key%% *}
}

# Prints the files that still hold the key.
trusted_left() {
  if [ -f "$trusted" ]; then
    while read -r left_key _ left_file; do
      ! holds_key "$left_file" "$left_key" || emit "the server's key in $left_file"
    done <"$trusted"
  elif names_key && holds_key "$keys_file" "$named_key"; then
    emit "the server's key in $keys_file"
  fi
}
