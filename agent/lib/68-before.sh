# shellcheck shell=sh
# What was here before an installation, written down before anything changes, so that every interruption can be mended:
#   before/journal               link: what `current` named; new: the version that comes; run_id: whose installation it is;
#                                nginx: yes on a PROXY
#   before/agent.conf, learned   as they were
#   before/version/              the folder of the same version, when that is installed again
#   before/swapped               the new version is in place, and what has reported since is that
#   before/done                  the installation went through: only the same run may still go back
#   before/watchdog, pid         on trial: what goes back by itself

before=$agent_home/before

# before_text <link|new|run_id|nginx>
before_text() { manifest_value "$before/journal" "$1"; }

# The run whose installation is the one that is here now.
installed_by() { manifest_value "$agent_home/etc/agent.conf" run_id; }

# Whether the version that this journal speaks of has reported.
has_reported() { [ -f "$before/swapped" ] && [ -f "$agent_home/run/reported" ]; }

is_before_ours() { [ -f "$before/journal" ] && [ "$(before_text run_id)" = "$v_run_id" ]; }

# Whether an installation was cut off, is on trial, or is this run's own: whether there is something to go back from.
is_before_open() { [ -f "$before/journal" ] && { [ ! -f "$before/done" ] || is_before_ours; }; }

# The rename makes it disappear at once: half of a journal would be worse than none.
drop_before() {
  rm -rf "$before.gone"
  [ ! -d "$before" ] || mv "$before" "$before.gone"
  rm -rf "$before.gone" "$before.new"
}

write_before() {
  drop_before
  before_link=
  ! is_installed || before_link=$(link_text "$agent_home/current")
  before_nginx=
  [ ! -d "$nginx_home" ] || before_nginx=yes
  {
    mkdir "$before.new" &&
      { emit "link=$before_link" && emit "new=$v_package_version" && emit "run_id=$v_run_id" && emit "nginx=$before_nginx"; } >"$before.new/journal" &&
      keep_file etc/agent.conf &&
      keep_file run/learned &&
      mv "$before.new" "$before"
  } || refuse "cannot write down what is here: $(disk_trouble "$agent_home")"
}

keep_file() { [ ! -f "$agent_home/$1" ] || cp "$agent_home/$1" "$before.new/${1##*/}"; }

# put_file <path below the agent's folder>: as it was before, or away.
put_file() {
  if [ -f "$before/${1##*/}" ]; then
    cp "$before/${1##*/}" "$agent_home/${1%/*}/.put" && mv -f "$agent_home/${1%/*}/.put" "$agent_home/$1"
  else
    rm -f "$agent_home/$1"
  fi
}

# Puts the files back; cut off anywhere, it can be done again. $back_link is what `current` names then, if anything.
put_back() {
  # What comes back needs no watchdog, and would start this one again.
  rm -f "$before/watchdog"
  back_link=$(before_text link)
  back_new=versions/$(before_text new)
  if [ -d "$before/version" ]; then
    rm -rf "${agent_home:?}/$back_link" && mv "$before/version" "$agent_home/$back_link"
  fi && put_file etc/agent.conf && put_file run/learned && rm -f "$agent_home/run/reported" || return
  if [ -n "$back_link" ]; then point_current_to "$back_link"; else rm -f "$agent_home/current"; fi || return
  case $back_new in versions/ | "$back_link") ;; *) rm -rf "${agent_home:?}/$back_new" ;; esac
}

# Goes back to what was here, starts it, and says what it did in $back_did. 1: not done, or it does not come up; 2: nothing was here.
go_back() {
  start_said='' start_why='' start_code=1 start_command=''
  stop_agent restart
  if ! put_back; then
    back_did="could not go back: $(disk_trouble "$agent_home")"
    return 1
  fi
  if [ -z "$back_link" ]; then
    boot_remove
    drop_before
    back_did="nothing was here before"
    return 2
  fi
  back_did="went back to $(installed_version)"
  start_agent || back_did="$back_did, but $start_why"
  boot_add
  undo_proxy
  drop_before
  [ -z "$start_why" ]
}

# A host that became a PROXY by what is undone is none again. Without its manifest the agent starts nginx no more.
undo_proxy() {
  [ -d "$nginx_home" ] && [ -z "$(before_text nginx)" ] || return 0
  rm -f "$nginx_home/manifest"
  remove_proxy
  rm -rf "$nginx_home"
}

# One rename where mv can replace a link to a folder, else a moment without `current`.
point_current_to() {
  ln -s "$1" "$agent_home/.current.$$" || return
  mv -fT "$agent_home/.current.$$" "$agent_home/current" 2>/dev/null && return
  rm -f "$agent_home/current"
  mv -f "$agent_home/.current.$$" "$agent_home/current"
}

# Leftovers of attempts that were cut off, and versions that are neither the current one nor the one to go back to.
sweep_versions() {
  rm -rf "$agent_home"/.current.* "$agent_home/etc/".[!.]* "$agent_home/versions/".[!.]*
  sweep_current=$(link_text "$agent_home/current")
  sweep_before=$(before_text link)
  for sweep_dir in "$agent_home"/versions/*; do
    case versions/${sweep_dir##*/} in "$sweep_current" | "$sweep_before") ;; *) rm -rf "$sweep_dir" ;; esac
  done
}
