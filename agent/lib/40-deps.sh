# shellcheck shell=sh
# The commands that the other calls and the agent use, and how each system brings them.

# Prints the needed commands that this host lacks.
lacking() {
  for lacking_command in cat chmod cp dd df env grep gzip head id ln mkdir mv rm rmdir sleep tail tar tr uname; do
    has "$lacking_command" || emit "$lacking_command"
  done
  # AIX has none, and the script does without it there.
  [ "$(host_os)" = aix ] || has setsid || emit setsid
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

# Prints the packages with these commands, each once, with commas between them.
packages_with() {
  with_names=
  for with_command; do
    with_name=$(package_with "$with_command")
    case ",$with_names," in *",$with_name,"*) ;; *) with_names=${with_names:+$with_names,}$with_name ;; esac
  done
  emit "$with_names"
}

# why_not_bring <commands>: prints why packages with them cannot be installed here, or nothing.
why_not_bring() {
  if [ "$(host_os)" = cygwin ]; then
    # shellcheck disable=SC2086 # names are split on purpose
    emit "this host lacks $1, and only Cygwin's own installer can add packages: run setup-x86_64.exe -q -P $(packages_with $1) there"
  elif [ -n "${NODEMAN_ROOT:-}" ]; then
    emit "this host lacks $1; under NODEMAN_ROOT nothing is installed"
  elif ! is_root; then
    emit "this host lacks $1, and only root may install packages"
  elif ! package_manager >/dev/null; then
    emit "this host lacks $1 and has none of apt-get, dnf, yum, apk, zypper to bring it"
  fi
}

# Names the proxies of the environment, which package managers use, without the words that log in to them.
say_proxies() {
  for say_name in http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY; do
    eval "say_value=\${$say_name:-}"
    case $say_value in *@*) say_value="***@${say_value##*@}" ;; esac
    [ -z "$say_value" ] || emit "the environment sets $say_name=$say_value"
  done
}

# bring <commands> <package…>: has the package manager install the packages, or ends the call where that is not possible. How it went
# is in $bring_code and, as a sentence, in $bring_why.
bring() {
  bring_why=$(why_not_bring "$1")
  [ -z "$bring_why" ] || die COMMAND_NOT_FOUND "$bring_why"
  shift
  bring_manager=$(package_manager)
  emit "$bring_manager installs $*"
  bring_said=$(bounded 300 add_packages "$bring_manager" "$@" 2>&1)
  bring_code=$?
  if [ "$bring_code" -ne 0 ] && [ "$bring_manager" = apt-get ]; then
    last_lines "$bring_said"
    bring_said=$(bounded 300 refresh_packages "$bring_manager" 2>&1; bounded 300 add_packages "$bring_manager" "$@" 2>&1)
    bring_code=$?
  fi
  [ "$bring_code" -eq 0 ] || say_proxies
  last_lines "$bring_said"
  [ "$bring_code" -eq 0 ] || ran "$bring_code" "$bring_manager install $*"
  [ "$bring_code" -ne 124 ] || bring_said="it did not end within 300 s"
  bring_why="$bring_manager could not bring it (exit code $bring_code): $(last_line "${bring_said:-it said nothing}")"
}

call_deps() {
  deps_lacking=$(lacking | tr '\n' ' ')
  deps_lacking=${deps_lacking% }
  if [ -z "$deps_lacking" ]; then emit "all commands are here"; return; fi
  emit "lacking: $deps_lacking"
  set --
  for deps_command in $deps_lacking; do set -- "$@" "$(package_with "$deps_command")"; done
  bring "$deps_lacking" "$@"
  deps_lacking=$(lacking | tr '\n' ' ')
  [ -z "$deps_lacking" ] || die COMMAND_NOT_FOUND "this host lacks ${deps_lacking}and $bring_why"
}

# Debian starts a service when its package is installed, unless this program forbids it. Ours forbids nginx alone, and that only
# as long as this session lives: left behind, it would do no harm.
policy=/usr/sbin/policy-rc.d

forbid_nginx_start() {
  allow_nginx_start
  has apt-get && [ ! -e "$policy" ] && [ ! -h "$policy" ] || return 0
  {
    emit '#!/bin/sh'
    emit "# nodeman: nginx is installed, and its own service stays as it is"
    emit "case \$1 in nginx*) [ ! -d /proc/$$ ] || exit 101 ;; esac"
    emit 'exit 0'
  } >"$policy" && chmod 0755 "$policy"
}

allow_nginx_start() { ! grep -qs '^# nodeman: ' "$policy" || rm -f "$policy"; }

# What runs as a service of its own after our installation, or would after a reboot, does not.
disable_nginx_service() {
  if [ "$(host_init)" = systemd ]; then
    bounded 60 systemctl -q disable --now nginx.service
    return
  fi
  # Its links are made without systemd too, for the day when it runs.
  ! has systemctl || bounded 30 systemctl -q disable nginx.service
  ! has update-rc.d || [ ! -e /etc/init.d/nginx ] || bounded 30 update-rc.d nginx disable
}

call_deps_proxy() {
  # Made before we install nginx, removed when its service is out of the way: an installation that was cut off is finished.
  deps_mark=$cache/.installing-nginx
  if ! has nginx || [ -e "$deps_mark" ]; then
    deps_trouble=$(why_not_bring nginx)
    [ -z "$deps_trouble" ] || die COMMAND_NOT_FOUND "$deps_trouble"
    deps_trouble=$(make_dir "$cache") || die COMMAND_NOT_FOUND "$deps_trouble"
    emit nginx >"$deps_mark" || die COMMAND_NOT_FOUND "$(disk_trouble "$cache")"
    forbid_nginx_start
    bring nginx nginx
    allow_nginx_start
    has nginx || die COMMAND_NOT_FOUND "this host lacks nginx and $bring_why"
    disable_nginx_service
    rm -f "$deps_mark"
  fi
  has sed || die COMMAND_NOT_FOUND "this host lacks sed"
  deps_said=$(nginx -v 2>&1) && emit "here is $deps_said" && return
  deps_code=$?
  last_lines "$deps_said"
  ran "$deps_code" "nginx -v"
  die COMMAND_NOT_FOUND "nginx of this host does not run: $(last_line "$deps_said")"
}
