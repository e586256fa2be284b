# shellcheck shell=sh
# What starts the agent after a reboot: a systemd unit, a Windows service under Cygwin, AIX's inittab, else cron.

boot_service=nodeman-agent
boot_id=nodeman

# Prints which of them this host has. Under NODEMAN_ROOT none: they are the whole system's.
boot_starter() {
  boot_os=$(host_os)
  if [ -n "${NODEMAN_ROOT:-}" ]; then
    emit none
  elif [ "$(host_init)" = systemd ]; then
    emit systemd
  elif [ "$boot_os" = cygwin ] && has cygrunsrv; then
    emit cygrunsrv
  elif [ "$boot_os" = aix ]; then
    # Its cron knows no @reboot.
    if has mkitab; then emit inittab; else emit none; fi
  elif has crontab; then
    emit cron
  else
    emit none
  fi
}

# Has the installed agent started after a reboot. With systemd, start_by_systemd did so.
boot_add() {
  boot_program=$agent_home/current/$(manifest_value "$agent_home/current/manifest" start)
  case $(boot_starter) in
    systemd) ;;
    cygrunsrv) add_cygwin_service ;;
    inittab) add_inittab_line ;;
    cron) cron_lines "@reboot NODEMAN_AGENT_HOME=$agent_home $boot_program # nodeman-agent" ;;
    *) [ -n "${NODEMAN_ROOT:-}" ] || emit "nothing starts the agent after a reboot of this host: it has none of systemd, cron and the like" ;;
  esac
}

# Takes away whatever would start the agent, also what an earlier system of this host used.
boot_remove() {
  [ -z "${NODEMAN_ROOT:-}" ] || return 0
  if [ -f "$unit" ]; then
    ! has systemctl || bounded 30 systemctl -q disable nodeman-agent.service
    rm -f "$unit" "$unit.new"
    [ "$(host_init)" = none ] || { bounded 30 systemctl daemon-reload; bounded 30 systemctl reset-failed nodeman-agent.service 2>/dev/null; }
  fi
  ! has_cygwin_service || remove_cygwin_service
  ! has_inittab_line || bounded 20 rmitab "$boot_id"
  ! has crontab || cron_lines
}

# Prints what of it is still there, one thing a line.
boot_left() {
  [ -z "${NODEMAN_ROOT:-}" ] || return 0
  [ ! -e "$unit" ] || emit "$unit"
  ! has_cygwin_service || emit "the service $boot_service"
  ! has_inittab_line || emit "a line in /etc/inittab"
  if has crontab; then case $(crontab -l 2>/dev/null) in *"$agent_home/"*) emit "a line in root's crontab" ;; esac; fi
}

# The commands stand behind a shell on purpose: SELinux lets init run /bin/sh, but not any file below /opt.
unit_text() {
  unit_run="/bin/sh -c 'exec $agent_home/current"
  emit '[Unit]'
  emit 'Description=nodeman agent'
  emit 'Wants=network-online.target'
  emit 'After=network-online.target'
  emit '[Service]'
  emit 'Type=forking'
  emit "PIDFile=$agent_home/run/agent.pid"
  emit "Environment=NODEMAN_AGENT_HOME=$agent_home"
  emit "ExecStart=$unit_run/$(manifest_value "$agent_home/current/manifest" start)'"
  emit "ExecStop=$unit_run/$(manifest_value "$agent_home/current/manifest" stop)'"
  emit 'KillMode=mixed'
  emit 'TimeoutStartSec=30'
  emit 'TimeoutStopSec=20'
  emit 'Restart=always'
  emit 'RestartSec=5'
  emit '[Install]'
  emit 'WantedBy=multi-user.target'
}

start_by_systemd() {
  unit_text >"$unit.new" && mv -f "$unit.new" "$unit" || return
  {
    bounded 30 systemctl daemon-reload &&
      bounded 30 systemctl -q enable nodeman-agent.service &&
      bounded 60 systemctl start nodeman-agent.service
  } >"$agent_home/log/start.log" 2>&1
  systemd_code=$?
  agent_said=$(cat "$agent_home/log/start.log")
  [ "$systemd_code" -eq 0 ] || agent_said=$agent_said$newline$(bounded 10 journalctl -u nodeman-agent.service -n 5 -o cat --no-pager 2>/dev/null)
  return "$systemd_code"
}

# cron_lines [<line>]: root's crontab without our lines, and with this one. A crontab that cannot be read is left alone.
cron_lines() {
  cron_old=$(crontab -l 2>&1) || case $cron_old in
    *'no crontab'* | *'No such file'*) cron_old= ;;
    *) emit "root's crontab cannot be read, so it stays as it is: $(last_line "$cron_old")"; return 0 ;;
  esac
  cron_file=$prefix/run/crontab.$$
  : >"$cron_file"
  [ -z "$cron_old" ] || emit "$cron_old" | grep -v '# nodeman-agent$' >"$cron_file"
  [ $# -eq 0 ] || emit "$1" >>"$cron_file"
  if [ "$(cat "$cron_file")" = "$cron_old" ]; then
    :
  elif [ -s "$cron_file" ]; then
    bounded 20 crontab "$cron_file" || emit "crontab refused the new table"
  else
    bounded 20 crontab -r || emit "crontab refused to remove the empty table"
  fi
  rm -f "$cron_file"
}

has_inittab_line() { has lsitab && lsitab "$boot_id" >/dev/null 2>&1; }

add_inittab_line() {
  ! has_inittab_line || bounded 20 rmitab "$boot_id"
  bounded 20 mkitab "$boot_id:2:once:/usr/bin/env NODEMAN_AGENT_HOME=$agent_home $boot_program >/dev/null 2>&1" || emit "mkitab refused the line for /etc/inittab"
}

has_cygwin_service() { has cygrunsrv && cygrunsrv -Q "$boot_service" >/dev/null 2>&1; }

remove_cygwin_service() {
  bounded 30 cygrunsrv -E "$boot_service" >/dev/null 2>&1
  bounded 30 cygrunsrv -R "$boot_service" || emit "cygrunsrv could not remove the service $boot_service"
}

# A Windows service must stay as long as it runs: this one starts the agent, waits, and stops it when Windows says so.
service_text() {
  emit '#!/bin/sh'
  emit "NODEMAN_AGENT_HOME=$agent_home"
  emit 'export NODEMAN_AGENT_HOME'
  emit "$boot_program || exit"
  emit "trap '$agent_home/current/$(manifest_value "$agent_home/current/manifest" stop); exit 0' TERM HUP"
  # shellcheck disable=SC2016 # for the service to expand
  emit 'while :; do sleep 3600 & wait "$!"; done'
}

add_cygwin_service() {
  service_text >"$agent_home/etc/service"
  has_cygwin_service ||
    bounded 30 cygrunsrv -I "$boot_service" -d 'nodeman agent' -p /bin/sh -a "$agent_home/etc/service" -t auto ||
    emit "cygrunsrv could not make the service $boot_service: nothing starts the agent after a reboot"
}
