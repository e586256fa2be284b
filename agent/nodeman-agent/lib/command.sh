# shellcheck shell=sh
# Commands in the server's answers: what of them is believed, and what is done. There is one: uninstall.

# Prints the SHA-256 of a text. The key is in what is hashed, so it goes by stdin.
sha256_of() {
  if has sha256sum; then
    sha_text=$(emit_bare "$1" | sha256sum)
  elif has shasum; then
    sha_text=$(emit_bare "$1" | shasum -a 256)
  else
    sha_text=$(emit_bare "$1" | openssl dgst -sha256 -r)
  fi
  emit "${sha_text%% *}"
}

# is_hex <text> <length>
is_hex() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq "$2" ]
}

# next_text <key>: takes `,"key":"…"` off $command_rest, into $command_text.
next_text() {
  case $command_rest in ",\"$1\":\""*'"'*) ;; *) return 1 ;; esac
  command_rest=${command_rest#",\"$1\":\""}
  command_text=${command_rest%%'"'*}
  command_rest=${command_rest#*'"'}
}

# command_in <answer>: reads the command in it into $command_*; false when there is none, or anything is not as it must be.
command_in() {
  case $1 in *'"command":{"id":'*) ;; *) return 1 ;; esac
  command_rest=${1#*'"command":{"id":'}
  command_id=${command_rest%%[!0-9]*}
  command_rest=${command_rest#"$command_id"}
  next_text op && command_op=$command_text &&
    next_text nonce && command_nonce=$command_text &&
    next_text signature && command_signature=$command_text || return
  case $command_rest in '}'*) ;; *) return 1 ;; esac
  is_number "$command_id" 1 9999999999 && is_hex "$command_nonce" 32 && is_hex "$command_signature" 64
}

# Whether it came after all that this host was told before, by commands and by its own installation: an old one may be anybody's copy.
is_new_command() {
  new_after=$(cat "$home/etc/last_command" 2>/dev/null)
  for new_other in "$new_after" "$run_id"; do
    ! is_number "$new_other" 1 9999999999 || [ "$command_id" -gt "$new_other" ] || return 1
  done
}

is_signed() {
  signed_inner=$(sha256_of "$command_key:$command_op $host_id $command_id $command_nonce")
  [ "$(sha256_of "$command_key:$signed_inner")" = "$command_signature" ]
}

# Does what the answer tells, if it is new, signed and known. It is done once at most: that is written down first.
take_command() {
  [ -n "$command_key" ] && command_in "$answer" && is_new_command || return 0
  case $command_op:$(is_signed && emit signed) in
    uninstall:signed) ;;
    *)
      [ "$command_refused" = "$command_id" ] || log "command $command_id ($command_op) is not signed for this host, or not known; it is not taken"
      command_refused=$command_id
      return ;;
  esac
  log "command $command_id: uninstall"
  if { emit "$command_id" >"$home/etc/.last_command" && mv -f "$home/etc/.last_command" "$home/etc/last_command" && leave; } 2>>"$logs/agent.err"; then return; fi
  tell_result 1 "the agent could not start its uninstallation: $(tail -n 1 "$logs/agent.err")"
  report_to_servers running 30
}

# The version's folder goes, so what takes it away runs from a copy.
leave() {
  leave_dir=$run/leave
  rm -rf "$leave_dir"
  mkdir "$leave_dir" "$leave_dir/bin" "$leave_dir/lib" &&
    cp "$version_dir/manifest" "$leave_dir/manifest" &&
    cp "$bin/leave" "$leave_dir/bin/leave" &&
    cp "$version_dir/lib/common.sh" "$version_dir/lib/report.sh" "$version_dir/lib/uninstall.sh" "$leave_dir/lib/" &&
    chmod u+x "$leave_dir/bin/leave" &&
    launch "$leave_dir/bin/leave" "$command_id" "$command_nonce"
}
