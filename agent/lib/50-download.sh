# shellcheck shell=sh
# The package comes from the first file server of the list that gives it with the right sum. A failure names the server and the cause.

# Prints the SHA-256 of a file.
sha256_of() {
  if has sha256sum; then
    sha_output=$(sha256sum <"$1")
  elif has shasum; then
    sha_output=$(shasum -a 256 <"$1")
  else
    sha_output=$(openssl dgst -sha256 -r <"$1")
  fi
  emit "${sha_output%% *}"
}

has_sum() { [ -f "$1" ] && [ "$(sha256_of "$1")" = "$2" ]; }

# Our servers are reached directly: a proxy that the environment or a configuration file names knows nothing of them.
forget_proxies() {
  [ -z "${http_proxy:-}${HTTP_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ] || emit "a proxy is set in the environment; it is not used for our servers"
  # HOME and WGETRC, too: a personal .wgetrc may name one.
  unset HOME WGETRC http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY ftp_proxy
}

# fetch_with <tool> <url> <file>: the tool's own exit code; what it says comes on stderr, with curl the HTTP status as the last line
# too. Without a file it only asks whether it could be had.
fetch_with() {
  fetch_tool=$1
  fetch_url=$2
  fetch_file=${3:-}
  case $fetch_tool in
    curl) set -- curl -q -sS -f --noproxy '*' --connect-timeout 5 --speed-limit 512 --speed-time 15 -w '\nHTTP %{http_code}' ;;
    wget) set -- wget -nv --no-proxy -t 1 --connect-timeout=5 -T 15 ;;
    *) set -- wget ;;
  esac
  case $fetch_tool:$fetch_file in
    curl:) set -- "$@" -I -o /dev/null ;;
    curl:*) set -- "$@" -o "$fetch_file" ;;
    wget:) set -- "$@" --spider -S ;;
    *:) set -- "$@" --spider ;;
    *) set -- "$@" -O "$fetch_file" ;;
  esac
  "$@" "$fetch_url" >&2
}

# Prints the HTTP status that a download tool's words speak of, or nothing.
http_status_in() {
  case $1 in
    *'HTTP 000'*) return ;;
    *HTTP\ [1-5]??*) http_rest=${1##*HTTP } ;;
    *ERROR\ [1-5]??*) http_rest=${1##*ERROR } ;;
    *HTTP/1.?\ [1-5]??*) http_rest=${1##*HTTP/1.? } ;;
    *) return ;;
  esac
  http_rest=${http_rest%"${http_rest#???}"}
  ! is_number "$http_rest" 300 599 || emit "$http_rest"
}

# why_not_fetched <tool> <exit code> <what the tool said> <seconds it had>: the cause, then the evidence.
why_not_fetched() {
  why_status=$(http_status_in "$3")
  why_words=${3%"${newline}HTTP "???}
  why_words=$(last_line "${why_words%"$newline"}")
  if [ -n "$why_status" ]; then emit "the server answered HTTP $why_status"; return; fi
  case $1:$2:$why_words in
    *:124:*) why_cause="not done within $4 s" ;;
    curl:6:* | *'Name or service not known'* | *'bad address'* | *'unable to resolve'*) why_cause="the name cannot be resolved" ;;
    *[Rr]efused*) why_cause="connection refused" ;;
    *'No route to host'* | *nreachable*) why_cause="the host is unreachable" ;;
    curl:28:* | *'timed out'*) why_cause="timed out" ;;
    curl:7:*) why_cause="no connection: refused or unreachable" ;;
    curl:18:* | curl:52:* | curl:56:*) why_cause="the server broke off the transfer" ;;
    curl:23:*) why_cause="cannot write the file" ;;
    *) why_cause="the download broke" ;;
  esac
  emit "$why_cause ($1 exit code $2: $why_words)"
}

# Prints what a file that is not the package begins with: a portal's page or an error message tells what answered.
begins_with() { emit "the file has $(wc -c <"$1" | tr -d ' ') bytes and begins with: $(head -c 80 "$1" | tr -c '[:print:]' ' ')"; }

# download_from <server> <tool>: brings the package into the cache; else says why not in $download_why.
download_from() {
  download_url=http://$1/download/$v_package_file
  download_part=$cache/.$v_package_file.part
  rm -f "$download_part"
  emit "downloading $download_url with $2"
  download_said=$(bounded 300 fetch_with "$2" "$download_url" "$download_part" 2>&1)
  download_code=$?
  if [ "$download_code" -ne 0 ]; then
    download_why=$(disk_trouble "$cache")
    [ -n "$download_why" ] || download_why=$(why_not_fetched "$2" "$download_code" "$download_said" 300)
    last_lines "$download_said"
    ran "$download_code" "${2#busybox-} $download_url"
  else
    download_sum=$(sha256_of "$download_part")
    if [ "$download_sum" = "$v_package_sha256" ]; then mv -f "$download_part" "$cache/$v_package_file" && return; fi
    download_why="wrong checksum: SHA-256 is $download_sum, not $v_package_sha256"
    begins_with "$download_part"
    ran 1 "sha256sum $v_package_file"
  fi
  rm -f "$download_part"
  emit "$1: $download_why"
  return 1
}

call_download() {
  need servers package_file package_sha256
  download_tool=$(host_downloader)
  [ "$download_tool" != none ] || die COMMAND_NOT_FOUND "this host has neither curl nor wget"
  has sha256sum || has shasum || has openssl || die COMMAND_NOT_FOUND "this host has none of sha256sum, shasum, openssl to check the package with"
  download_trouble=$(make_dir "$cache") || die CURL_FILE_FAILED "$download_trouble"
  if has_sum "$cache/$v_package_file" "$v_package_sha256"; then emit "$v_package_file is here already, with the right checksum"; return; fi
  forget_proxies
  download_all=
  set -f
  for download_server in $v_servers; do
    set +f
    if download_from "$download_server" "$download_tool"; then emit "downloaded, checksum right"; return; fi
    download_all="$download_all; $download_server: $download_why"
  done
  die CURL_FILE_FAILED "no server gave $v_package_file: ${download_all#; }"
}
