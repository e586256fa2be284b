import { LauncherError } from './launcher.errors.js';

export const DEMO_BUSINESS = '1';

/** As the API shows a host's part in a job. */
export interface DemoRun {
  readonly status: 'QUEUE' | 'RUNNING' | 'SUCCESS' | 'FAILED';
  readonly err_code: string;
  readonly err_code_desc: string;
  readonly step: string;
  readonly host: { readonly id: number; readonly inner_ip: string };
}

export interface DemoJob {
  readonly id: number;
  readonly hosts: readonly DemoRun[];
}

/** As the API lists a host. */
export interface DemoHostItem {
  readonly id: number;
  readonly inner_ip: string;
  readonly status: readonly {
    readonly type: string;
    readonly status: string;
    readonly version: string;
    readonly update_time: string;
  }[];
  readonly job_result: { readonly job_id: number | string; readonly status: string };
}

export interface DemoTarget {
  readonly inner_ips: string;
  readonly port: number;
  readonly account: string;
  readonly password: string;
}

interface Envelope<T> {
  readonly result: boolean;
  readonly code: string;
  readonly message: string;
  readonly messages?: unknown;
  readonly data: T;
}

/** The API refused. */
export class DemoRefusedError extends LauncherError {
  constructor(
    what: string,
    readonly code: string,
    message: string,
  ) {
    super(`${what} was refused: ${code} ${message}`);
  }
}

/** Talks to the API as any client does: over HTTP, with a login. */
export class DemoClient {
  private cookie = '';

  constructor(
    private readonly origin: string,
    private readonly signal: AbortSignal,
  ) {}

  async login(username: string, password: string): Promise<void> {
    await this.call('POST', '/auth/login', { username, password });
  }

  async setNginx(address: string): Promise<void> {
    await this.call('POST', '/config/kv/', { key: 'nginx', inner_ip: address, outer_ip: address });
  }

  /** All hosts of the demo's business at these addresses. */
  async hostsAt(addresses: readonly string[]): Promise<DemoHostItem[]> {
    const query = `ip=${addresses.join(',')}&page_size=500&order_by=id`;
    return (await this.call<{ items: DemoHostItem[] }>('GET', `/${DEMO_BUSINESS}/hosts/?${query}`)).items;
  }

  submit(opType: 'INSTALL' | 'REINSTALL', hosts: readonly DemoTarget[]): Promise<DemoJob> {
    const body = { op_type: opType, node_type: 'AGENT', bk_cloud_id: '0', hosts };
    return this.call('POST', `/${DEMO_BUSINESS}/tasks/`, body);
  }

  job(id: number): Promise<DemoJob> {
    return this.call('GET', `/${DEMO_BUSINESS}/tasks/${id}/`);
  }

  async cancel(jobId: number | string): Promise<void> {
    await this.call('DELETE', `/${DEMO_BUSINESS}/tasks/${jobId}/`);
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.origin}/api${path}`, {
      method,
      headers: {
        'accept-language': 'en',
        origin: this.origin,
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: this.signal,
    });
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]!);
    if (cookies.length > 0) this.cookie = cookies.join('; ');
    const envelope = (await response.json()) as Envelope<T>;
    if (!envelope.result) {
      const details = envelope.messages ? ` ${JSON.stringify(envelope.messages)}` : '';
      throw new DemoRefusedError(`${method} ${path}`, envelope.code, `${envelope.message}${details}`);
    }
    return envelope.data;
  }
}
