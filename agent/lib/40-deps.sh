# shellcheck shell=sh
# The commands that the other calls and the agent use, and how each system brings them.

# Prints the needed commands that this host lacks.
lacking() {
  for lacking_command in cat chmod dd df env grep gzip head id ln mkdir mv readlink rm rmdir setsid sleep tail tar tr uname; do
    has "$lacking_command" || emit "$lacking_command"
  done
  has sha256sum || has shasum || has openssl || emit sha256sum
  # The agent posts its reports: a wget that cannot is good for nothing here.
  case $(host_downloader) in
    none) emit curl ;;
    busybox-wget) case $(wget --help 2>&1) in *--post-file*) ;; *) emit curl ;; esac ;;
  esac
}

# The package that brings a command; the names are the same in all five worlds.
package_with() {
  case $1 in
    curl | grep | gzip | tar) emit "$1" ;;
    setsid) emit util-linux ;;
    *) emit coreutils ;;
  esac
}

package_manager() {
  for manager_name in apt-get dnf yum apk zypper; do
    has "$manager_name" && emit "$manager_name" && return
  done
  return 1
}

# Non-interactive, no recommendations, and never waiting for ever on another's lock.
add_packages() {
  case $1 in
    apt-get)
      shift
      DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0 -o Acquire::http::Timeout=15 \
        -o Acquire::https::Timeout=15 -o Acquire::Retries=1 --no-install-recommends install "$@" ;;
    dnf) shift; dnf -y -q --setopt=timeout=15 --setopt=install_weak_deps=False install "$@" ;;
    yum) shift; yum -y -q --setopt=timeout=15 install "$@" ;;
    apk) shift; apk --wait 60 --no-cache --no-progress -q add "$@" ;;
    zypper) shift; ZYPP_LOCK_TIMEOUT=60 zypper -n -q install --no-recommends "$@" ;;
  esac
}

# What a package manager may need first: an index, or the end of an installation that was cut off.
refresh_packages() {
  [ "$1" = apt-get ] || return 0
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
  apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 -o Acquire::Retries=1 update
}

call_deps() {
  deps_lacking=$(lacking | tr '\n' ' ')
  deps_lacking=${deps_lacking% }
  if [ -z "$deps_lacking" ]; then emit "all commands are here"; return; fi
  emit "lacking: $deps_lacking"
  [ -z "${NODEMAN_ROOT:-}" ] || die COMMAND_NOT_FOUND "this host lacks $deps_lacking; under NODEMAN_ROOT nothing is installed"
  [ "$(id -u)" = 0 ] || die COMMAND_NOT_FOUND "this host lacks $deps_lacking, and only root may install packages"
  deps_manager=$(package_manager) || die COMMAND_NOT_FOUND "this host lacks $deps_lacking and has none of apt-get, dnf, yum, apk, zypper to bring it"
  set --
  for deps_command in $deps_lacking; do set -- "$@" "$(package_with "$deps_command")"; done
  emit "$deps_manager installs $*"
  deps_output=$(bounded 300 add_packages "$deps_manager" "$@" 2>&1)
  deps_code=$?
  if [ "$deps_code" -ne 0 ] && [ "$deps_manager" = apt-get ]; then
    emit "$deps_output"
    deps_output=$(bounded 300 refresh_packages "$deps_manager" 2>&1; bounded 300 add_packages "$deps_manager" "$@" 2>&1)
    deps_code=$?
  fi
  [ -z "$deps_output" ] || emit "$deps_output"
  deps_lacking=$(lacking | tr '\n' ' ')
  [ -n "$deps_lacking" ] || return 0
  [ "$deps_code" -ne 124 ] || deps_output="it did not end within 300 s"
  die COMMAND_NOT_FOUND "this host lacks ${deps_lacking}and $deps_manager could not bring it (exit code $deps_code): $(last_line "${deps_output:-it said nothing}")"
}
