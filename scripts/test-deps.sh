#!/bin/sh
# Sees to what the tests need beyond npm. As root on Debian or Ubuntu it installs what is missing, without starting any
# service; elsewhere it names what is missing and the command to run, and fails.
set -eu

# command:package
NEEDS='sshd:openssh-server ssh:openssh-client ssh-keygen:openssh-client redis-server:redis-server ip:iproute2
nginx:nginx-light shellcheck:shellcheck busybox:busybox ksh:ksh sudo:sudo openssl:openssl ps:procps unshare:util-linux
nsenter:util-linux curl:curl wget:wget dash:dash bash:bash'
PATH=$PATH:/usr/sbin:/sbin

missing=
packages=
for need in $NEEDS; do
  command -v "${need%%:*}" >/dev/null 2>&1 && continue
  missing="$missing ${need%%:*}"
  case " $packages " in *" ${need#*:} "*) ;; *) packages="$packages ${need#*:}" ;; esac
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$packages"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need commands that this machine lacks:$missing" >&2
  if command -v apt-get >/dev/null 2>&1; then
    echo "Install them: sudo $install" >&2
  else
    echo "Install them with the system's package manager; on Debian: $install" >&2
  fi
  exit 1
fi

echo "installing$packages"
policy=/usr/sbin/policy-rc.d
# Debian asks this file whether a service may be started; one that is there already is somebody's decision.
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1; then
  cat "$log" >&2
  rm -f "$log"
  echo "Could not install them. By hand: $install" >&2
  exit 1
fi
rm -f "$log"
# Nor shall they start with the machine.
if [ -d /run/systemd/system ]; then
  for package in $packages; do
    case $package in
      openssh-server) systemctl disable ssh.service ssh.socket >/dev/null 2>&1 || true ;;
      redis-server) systemctl disable redis-server.service >/dev/null 2>&1 || true ;;
      nginx-light) systemctl disable nginx.service >/dev/null 2>&1 || true ;;
    esac
  done
fi
