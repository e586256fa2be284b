/**
 * Whether the host, a PROXY, can be used: its agent reports, and an SSH session to it came up when last tried. One that
 * has not been tried yet counts by its agent alone, but not while its INSTALL is under way, or after that failed.
 * @param host the alias of table `hosts`
 */
export function isUsableProxy(host: string): string {
  return `(${host}.agent_status = 'RUNNING' AND coalesce(
    (SELECT door.ssh_status <> 'DOWN' FROM proxies door WHERE door.host_id = ${host}.id),
    ${host}.agent_installed
      OR NOT EXISTS (SELECT FROM job_hosts run WHERE run.host_id = ${host}.id AND run.op_type = 'INSTALL')))`;
}
