import { expect } from '@jest/globals';
import type { ApiClient } from './api.js';

export const TASKS = '/api/1/tasks/';

/** The way into a host, as INSTALL needs it. */
export const LOGIN = { account: 'root', port: 22, auth_type: 'PASSWORD', password: 's3cret pässword' };

/** The body of an INSTALL on these addresses; `fields` are the hosts', `body` the request's own. */
export function anInstall(inner_ips: string, fields: object = {}, body: object = {}) {
  return {
    op_type: 'INSTALL',
    node_type: 'AGENT',
    bk_cloud_id: '0',
    hosts: [{ inner_ips, ...LOGIN, ...fields }],
    ...body,
  };
}

/** Posts tasks to business 1. */
export class TaskClient {
  constructor(private readonly client: ApiClient) {}

  install(inner_ips: string, fields: object = {}, body: object = {}) {
    return this.client.post(TASKS, anInstall(inner_ips, fields, body));
  }

  /** Another operation, with nothing said about the login. */
  operate(op_type: string, inner_ips: string, fields: object = {}, body: object = {}) {
    return this.install(inner_ips, { account: '', port: '', password: '', ...fields }, { op_type, ...body });
  }
}

/** The messages of a refusal of the only row of a request. */
export function complaint(ip: string, field: string, text: unknown = expect.any(String)) {
  return { hosts: [{ [`host:${ip}`]: { [field]: [text] } }] };
}
