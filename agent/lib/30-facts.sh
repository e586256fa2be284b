# shellcheck shell=sh
# What this host is.

host_os() {
  case $(uname -s) in
    Linux) emit linux ;;
    AIX) emit aix ;;
    CYGWIN*) emit cygwin ;;
    *) uname -s | tr '[:upper:]' '[:lower:]' ;;
  esac
}

# Whether this account may change the whole system. Cygwin knows neither user 0 nor sudo: an administrator's account is all there is.
is_root() { [ "$(id -u)" = 0 ] || [ "$(host_os)" = cygwin ]; }

# AIX prints the machine's serial number where others name the processor.
host_arch() {
  if [ "$(host_os)" = aix ]; then emit ppc; return; fi
  case $(uname -m) in
    x86_64 | amd64) emit x86_64 ;;
    aarch64 | arm64) emit aarch64 ;;
    *) uname -m ;;
  esac
}

# systemd counts only where it is PID 1: its folders and programs also lie in containers that it does not run.
host_init() {
  host_pid1=
  if [ -z "${NODEMAN_ROOT:-}" ] && [ -d /run/systemd/system ] && has systemctl; then
    { read -r host_pid1 </proc/1/comm; } 2>/dev/null
  fi
  if [ "$host_pid1" = systemd ]; then emit systemd; else emit none; fi
}

host_downloader() {
  if has curl; then
    emit curl
  elif has wget; then
    case $(wget --version 2>&1) in *GNU*) emit wget ;; *) emit busybox-wget ;; esac
  else
    emit none
  fi
}

# manifest_value <manifest> <key>
manifest_value() {
  while IFS= read -r manifest_line || [ -n "$manifest_line" ]; do
    case $manifest_line in "$2="*) emit "${manifest_line#*=}"; return ;; esac
  done 2>/dev/null <"$1"
  return 1
}

installed_version() { manifest_value "$agent_home/current/manifest" version; }

call_facts() {
  mark "fact arch=$(host_arch)"
  mark "fact os=$(host_os)"
  mark "fact uid=$(id -u)"
  mark "fact user=$(id -un 2>/dev/null)"
  mark "fact hostname=$(uname -n)"
  mark "fact init=$(host_init)"
  mark "fact downloader=$(host_downloader)"
  mark "fact agent=$(installed_version || emit none)"
  mark "fact space_kb=$(free_kb "$prefix")"
  mark "fact prefix=$prefix"
}
