# shellcheck shell=sh
# From a package in the cache to a running agent. Interrupted anywhere, a second call mends it.

refuse() {
  emit "setup failed: $*"
  die INSTALL_FAILED "$*"
}

# The manifest's promises, checked before anything of the package runs.
check_manifest() {
  check_file=$1/manifest
  [ -f "$check_file" ] || refuse "the package has no manifest"
  for check_key in name version os arch start stop status; do
    check_value=$(manifest_value "$check_file" "$check_key") || refuse "the package's manifest has no '$check_key'"
    case $check_key in
      name) check_wanted=$v_package_name ;;
      version) check_wanted=$v_package_version ;;
      os) check_wanted=$(host_os) ;;
      arch) check_wanted=$(host_arch) ;;
      *)
        case /$check_value/ in
          *[!A-Za-z0-9._/+-]* | *//* | */../*) refuse "the manifest's '$check_key' is no plain path inside the package" ;;
        esac
        [ -f "$1/$check_value" ] || refuse "the manifest's '$check_key' names $check_value, which is not in the package"
        chmod u+x "$1/$check_value"
        continue ;;
    esac
    [ "$check_value" = "$check_wanted" ] || [ "$check_key:$check_value" = arch:any ] ||
      refuse "the package's $check_key is '$check_value', and '$check_wanted' is wanted"
  done
}

# A folder mounted noexec lets nothing start; the kernel's own word for it is just "permission denied".
check_executable() {
  emit '#!/bin/sh' >"$1/.try"
  chmod 700 "$1/.try"
  "$1/.try" 2>/dev/null || refuse "programs cannot be started from $agent_home: its file system is mounted noexec"
  rm -f "$1/.try"
}

# Unpacks the package into $1, and proves it usable.
unpack() {
  mkdir "$1" || refuse "cannot make $1"
  unpack_error=$(bounded 120 tar -xzof "$cache/$v_package_file" -C "$1" 2>&1)
  unpack_code=$?
  if [ "$unpack_code" -ne 0 ]; then
    unpack_disk=$(disk_trouble "$1")
    rm -rf "$1"
    refuse "${unpack_disk:-the package cannot be unpacked (tar exit code $unpack_code: $(last_line "$unpack_error"))}"
  fi
  check_manifest "$1"
  check_executable "$1"
  emit "$v_package_sha256" >"$1/.sha256" || refuse "$(disk_trouble "$1")"
}

# One rename where mv can replace a link to a folder, else a moment without `current`.
point_current_to() {
  ln -s "$1" "$agent_home/.current.$$" || refuse "cannot make a link: $(disk_trouble "$agent_home")"
  mv -fT "$agent_home/.current.$$" "$agent_home/current" 2>/dev/null && return
  rm -f "$agent_home/current"
  mv -f "$agent_home/.current.$$" "$agent_home/current"
}

write_configuration() {
  {
    emit "host_id=$v_host_id" &&
      emit "token=$v_token" &&
      emit "servers=$v_servers" &&
      emit "interval=$v_interval"
  } >"$1" || refuse "cannot write the configuration: $(disk_trouble "${1%/*}")"
}

# Puts back what ran before, so that a package that does not come up costs nothing but the attempt.
go_back() {
  rm -rf "$agent_home/versions/.bad"
  mv "$install_to" "$agent_home/versions/.bad"
  [ ! -d "$agent_home/versions/.before" ] || mv "$agent_home/versions/.before" "$install_to"
  [ ! -f "$agent_home/etc/.agent.conf.before" ] || mv -f "$agent_home/etc/.agent.conf.before" "$agent_home/etc/agent.conf"
  rm -rf "$agent_home/versions/.bad"
  if [ -z "$install_before" ] || [ ! -d "$agent_home/$install_before" ]; then
    rm -f "$agent_home/current"
    return 1
  fi
  point_current_to "$install_before"
  start_agent
}

# Leftovers of attempts that were cut off, and versions that are neither the current one nor the one before.
sweep_versions() {
  rm -rf "$agent_home"/.current.* "$agent_home/etc/.agent.conf.before" "$agent_home/versions/".[!.]*
  for sweep_dir in "$agent_home"/versions/*; do
    case versions/${sweep_dir##*/} in "$install_before" | "$(readlink "$agent_home/current")") ;; *) rm -rf "$sweep_dir" ;; esac
  done
}

# Everything up to here can fail without harm; from here to start_agent nothing but the disk can.
swap_in() {
  stop_agent restart
  rm -rf "$agent_home/versions/.before"
  [ ! -d "$install_to" ] || mv "$install_to" "$agent_home/versions/.before"
  mv "$install_new" "$install_to" || refuse "cannot move the new version into place"
  [ ! -f "$agent_home/etc/agent.conf" ] || cp -f "$agent_home/etc/agent.conf" "$agent_home/etc/.agent.conf.before"
  mv -f "$agent_home/etc/.agent.conf.new" "$agent_home/etc/agent.conf"
  rm -f "$agent_home/run/learned"
  point_current_to "versions/$v_package_version"
}

call_install() {
  need host_id token servers interval package_file package_sha256 package_version package_name
  for install_dir in versions etc run log plugins; do
    install_trouble=$(make_dir "$agent_home/$install_dir") || refuse "$install_trouble"
  done
  has_sum "$cache/$v_package_file" "$v_package_sha256" || refuse "the package is not in the cache, or its checksum is wrong: download it again"
  install_to=$agent_home/versions/$v_package_version
  install_new=$agent_home/versions/.new
  install_before=$(readlink "$agent_home/current")
  rm -rf "$install_new"
  unpack "$install_new"
  write_configuration "$agent_home/etc/.agent.conf.new"
  swap_in
  if ! start_agent; then
    install_why=$start_why
    stop_agent remove
    if go_back; then refuse "$install_why; went back to $(installed_version)"; fi
    refuse "$install_why"
  fi
  cron_line add
  sweep_versions
  emit "setup done"
}

call_verify() {
  is_installed || die INSTALL_FAILED "no agent is installed here"
  verify_version=$(installed_version)
  case ${v_package_version:-$verify_version} in
    "$verify_version") ;;
    *) die INSTALL_FAILED "version $verify_version is installed, not $v_package_version" ;;
  esac
  is_running || die INSTALL_FAILED "the agent does not run: $(last_line "$agent_said")"
  emit "agent $verify_version runs: $(last_line "$agent_said")"
}
