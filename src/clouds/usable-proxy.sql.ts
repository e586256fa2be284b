/**
 * Whether the host, a PROXY, can be used: its agent reports, and an SSH session to it came up when last tried. One that
 * has not been tried yet counts by its agent alone.
 * @param host the alias of table `hosts`
 */
export function isUsableProxy(host: string): string {
  return `(${host}.agent_status = 'RUNNING' AND NOT EXISTS (
    SELECT FROM proxies door WHERE door.host_id = ${host}.id AND door.ssh_status = 'DOWN'))`;
}
