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

# AIX's tar cannot unzip, and none of them needs to.
untar_into() { cd "$1" && gzip -dc "$cache/$v_package_file" | tar -xof -; }

# Unpacks the package into $1, and proves it usable.
unpack() {
  mkdir "$1" || refuse "cannot make $1"
  unpack_said=$(bounded 120 untar_into "$1" 2>&1)
  unpack_code=$?
  if [ "$unpack_code" -ne 0 ]; then
    unpack_disk=$(disk_trouble "$1")
    rm -rf "$1"
    last_lines "$unpack_said"
    ran "$unpack_code" "gzip -dc $v_package_file | tar -xof -"
    refuse "${unpack_disk:-the package cannot be unpacked (tar exit code $unpack_code: $(last_line "$unpack_said"))}"
  fi
  check_manifest "$1"
  check_executable "$1"
  emit "$v_package_sha256" >"$1/.sha256" || refuse "$(disk_trouble "$1")"
}

# What only a newer server tells is left out where it was not told.
write_configuration() {
  {
    emit "host_id=$v_host_id" &&
      emit "token=$v_token" &&
      emit "servers=$v_servers" &&
      emit "interval=$v_interval" &&
      { [ -z "$v_run_id" ] || emit "run_id=$v_run_id"; } &&
      { [ -z "$v_command_key" ] || emit "command_key=$v_command_key"; }
  } >"$1" || refuse "cannot write the configuration: $(disk_trouble "${1%/*}")"
}

# Everything up to here can fail without harm; from here to start_agent nothing but the disk can.
swap_in() {
  stop_agent restart
  if [ "$before_link" = "versions/$v_package_version" ]; then
    mv "$install_to" "$before/version"
  else
    rm -rf "$install_to"
  fi &&
    mv "$install_new" "$install_to" &&
    mv -f "$agent_home/etc/.agent.conf.new" "$agent_home/etc/agent.conf" &&
    rm -f "$agent_home/run/learned" "$agent_home/run/reported" &&
    point_current_to "versions/$v_package_version" &&
    : >"$before/swapped"
}

# Puts back what ran before, so that a package that does not come up costs nothing but the attempt.
give_up() {
  install_why=$1
  install_said=$start_said
  set -- "$start_code" "$start_command"
  end_watchdog
  go_back
  case $back_did in nothing*) ;; *) install_why="$install_why; $back_did" ;; esac
  last_lines "$install_said"
  [ -z "$2" ] || ran "$@"
  refuse "$install_why"
}

need_for_install() {
  need host_id token servers interval package_file package_sha256 package_version package_name
  [ -z "$v_run_id" ] || need run_id
  [ -z "$v_command_key" ] || need command_key
  [ -z "$v_trial" ] || need trial
}

call_install() {
  need_for_install
  for install_dir in versions etc run log plugins; do
    install_trouble=$(make_dir "$agent_home/$install_dir") || refuse "$install_trouble"
  done
  has_sum "$cache/$v_package_file" "$v_package_sha256" || refuse "the package is not in the cache, or its checksum is wrong: download it again"
  mend_before
  install_to=$agent_home/versions/$v_package_version
  install_new=$agent_home/versions/.new
  rm -rf "$install_new"
  unpack "$install_new"
  write_configuration "$agent_home/etc/.agent.conf.new"
  write_before
  [ -z "$v_trial" ] || start_watchdog
  start_said='' start_code=1 start_command=''
  swap_in || give_up "cannot move the new version into place: $(disk_trouble "$agent_home")"
  start_agent || give_up "$start_why"
  boot_add
  [ -n "$v_trial" ] || : >"$before/done"
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

# What the agent itself says: why it is not heard, it knows best. Only reads.
call_words() {
  if ! is_installed; then emit "no agent is installed here"; return; fi
  is_running || emit "the agent does not run: $(last_line "$agent_said")"
  if [ -s "$agent_home/log/agent.log" ]; then tail -n 20 "$agent_home/log/agent.log"; else emit "$agent_home/log/agent.log is empty"; fi
}
