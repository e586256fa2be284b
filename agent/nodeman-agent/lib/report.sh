# shellcheck shell=sh
# Reports to the server: what is sent, to whom, and what of the answer is believed.
# The token goes by curl's stdin or by a file that only we can read: never argv, environment or log.

# Reads the configuration, then what a server taught us since. Servers of the configuration stay as a last resort:
# one wrong answer must not cut a host off for ever.
read_settings() {
  token=$(value_in "$conf" token) || return
  interval=$(value_in "$conf" interval)
  servers=$(value_in "$conf" servers)
  host_id=$(value_in "$conf" host_id)
  run_id=$(value_in "$conf" run_id)
  command_key=$(value_in "$conf" command_key)
  version=$(value_in "$version_dir/manifest" version)
  name=$(value_in "$version_dir/manifest" name)
  learned=$(value_in "$run/learned" servers) || learned=
  if is_number "$(value_in "$run/learned" interval)" 1 86400; then interval=$(value_in "$run/learned" interval); fi
  is_number "$interval" 1 86400 || interval=30
}

choose_client() {
  if has curl; then
    client=curl
  else
    case $(wget --version 2>&1) in *GNU*) client=wget ;; *) client=busybox ;; esac
  fi
}

# post <server> <seconds>: sends $report; the first 8 kB of what comes back are in $answer.
post() {
  post_url=http://$1/api/agent/heartbeat
  set -- "$2" 'Content-Type: application/json'
  case $client in
    curl)
      answer=$(emit "$report" | curl -q -s --noproxy '*' --connect-timeout 5 --max-time "$1" -H "$2" -H 'Expect:' \
        --data-binary @- "$post_url" 2>/dev/null | head -c 8192) ;;
    *)
      emit "$report" >"$run/report.json" || return
      if [ "$client" = wget ]; then set -- "$@" --no-proxy -t 1 -T "$1"; fi
      post_limit=$1 post_header=$2
      shift 2
      answer=$(limited "$post_limit" wget -q -O - "$@" --header "$post_header" --post-file "$run/report.json" "$post_url" 2>/dev/null | head -c 8192)
      rm -f "$run/report.json" ;;
  esac
  case $answer in *'"result":true'*) ;; *) return 1 ;; esac
}

# learn_interval <text>
learn_interval() {
  is_number "$1" 1 86400 || return
  [ "$1" = "$interval" ] || log "the report interval is now $1 s"
  interval=$1
}

is_server() {
  case $1 in
    '' | -* | *[!][A-Za-z0-9.:_-]*) return 1 ;;
    *:*) [ ${#1} -le 262 ] && is_number "${1##*:}" 1 65535 ;;
    *) return 1 ;;
  esac
}

# servers_in <answer>: prints the servers of the answer's list, at most 16; nothing when one of them is no address.
servers_in() {
  case $1 in *'"servers":['*) ;; *) return 1 ;; esac
  servers_rest=${1#*'"servers":['}
  servers_list=
  servers_count=0
  while :; do
    case $servers_rest in
      '"'*'"'*)
        servers_item=${servers_rest#?}
        servers_rest=${servers_item#*'"'}
        servers_item=${servers_item%%'"'*}
        servers_count=$((servers_count + 1))
        is_server "$servers_item" && [ "$servers_count" -le 16 ] || return 1
        servers_list="$servers_list $servers_item" ;;
      ','*) servers_rest=${servers_rest#?} ;;
      ']'*) break ;;
      *) return 1 ;;
    esac
  done
  emit "${servers_list# }"
}

# Takes over what the answer says, as far as it makes sense, and keeps it for the next start.
learn() {
  learn_before="$interval $learned"
  case $answer in
    *'"interval":'*)
      learn_value=${answer#*'"interval":'}
      learn_interval "${learn_value%%[!0-9]*}" ;;
  esac
  learn_value=$(servers_in "$answer") && [ -n "$learn_value" ] && learned=$learn_value
  [ "$learn_before" != "$interval $learned" ] || return 0
  [ "$learn_before" = "$interval " ] && [ "$learned" = "$servers" ] && return 0
  { emit "interval=$interval"; emit "servers=$learned"; } >"$run/.learned" && mv -f "$run/.learned" "$run/learned"
} 2>/dev/null

# tell_result <code> <text>: how command $command_id ended goes with the next report that is taken.
tell_result() {
  tell_text=$(emit_bare "$2" | tr -cd ' !#-[]-~' | head -c 500)
  command_result=",\"command_result\":{\"id\":$command_id,\"code\":$1,\"text\":\"$tell_text\"}"
}

# report_to_servers <state> <seconds in all>: true when one of them took it. Never knocks on the same door twice.
report_to_servers() {
  report="{\"token\":\"$token\",\"name\":\"$name\",\"version\":\"$version\",\"state\":\"$1\",\"processes\":[$processes]$command_result}"
  report_left=$2
  report_tried=' '
  set -f
  for report_server in $learned $servers; do
    case $report_tried in *" $report_server "*) continue ;; esac
    is_server "$report_server" && [ "$report_left" -gt 0 ] || continue
    report_tried="$report_tried$report_server "
    report_limit=10
    [ "$report_left" -ge 10 ] || report_limit=$report_left
    report_began=$(now)
    if post "$report_server" "$report_limit"; then
      set +f
      command_result=
      return 0
    fi
    report_left=$((report_left - $(now) + report_began))
  done
  set +f
  return 1
}
