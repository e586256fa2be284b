import { fileURLToPath } from 'node:url';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { setUpApp } from '../../src/app.setup.js';
import { createDocument } from '../../src/openapi.js';
import { PinoLogger } from '../../src/common/logging/pino-logger.js';
import { aTestEnv } from './env.js';
import { ResponseSchemas } from './response-schemas.js';
import { createTestDatabase } from './services.js';

export const ADMIN = { username: 'admin', password: 'correct horse 电池' };

export interface ApiResponse<T = any> {
  status: number;
  headers: Headers;
  /** The parsed body, or its text when it is not JSON. */
  body: T;
}

export interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

/** A client that keeps one login. Every JSON answer it sees must fit the OpenAPI document. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly schemas: ResponseSchemas,
    private readonly headers: Record<string, string> = {},
  ) {}

  async request<T = any>(
    method: string,
    path: string,
    { body, headers }: RequestOptions = {},
  ): Promise<ApiResponse<T>> {
    const isText = typeof body === 'string' || body instanceof URLSearchParams;
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined && !isText ? { 'content-type': 'application/json' } : {}),
        ...this.headers,
        ...headers,
      },
      body: body === undefined ? undefined : isText ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const parsed = isJson && text !== '' ? JSON.parse(text) : text;
    if (isJson) this.schemas.check({ method, path, status: response.status, body: parsed });
    return { status: response.status, headers: response.headers, body: parsed };
  }

  get = <T = any>(path: string, options?: RequestOptions) => this.request<T>('GET', path, options);
  post = <T = any>(path: string, body?: unknown, options?: RequestOptions) =>
    this.request<T>('POST', path, { ...options, body });
  delete = <T = any>(path: string, options?: RequestOptions) => this.request<T>('DELETE', path, options);

  /** The same server as another caller. */
  async login(username = ADMIN.username, password = ADMIN.password): Promise<ApiClient> {
    const response = await new ApiClient(this.url, this.schemas).post('/api/auth/login', { username, password });
    if (response.status !== 200) throw new Error(`login failed: ${JSON.stringify(response.body)}`);
    const cookie = response.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    return new ApiClient(this.url, this.schemas, { ...this.headers, cookie });
  }

  /** The same caller with other headers, such as a language. */
  with(headers: Record<string, string>): ApiClient {
    return new ApiClient(this.url, this.schemas, { ...this.headers, ...headers });
  }
}

export interface TestApi {
  url: string;
  databaseUrl: string;
  dataDir: string;
  app: NestExpressApplication;
  dataSource: DataSource;
  /** Nobody. */
  anonymous: ApiClient;
  /** The administrator. */
  admin: ApiClient;
  /** A new user with these roles, logged in. */
  userWith(roles: Record<number, 'operator' | 'viewer'>): Promise<ApiClient>;
  close(): Promise<void>;
}

/**
 * The whole API in this process, on a free port, with a database of its own and a Redis prefix of its own.
 * @param overrides environment variables by their names in the code
 */
export async function startApi(overrides: Parameters<typeof aTestEnv>[0] = {}): Promise<TestApi> {
  const database = overrides.databaseUrl ? null : await createTestDatabase();
  const databaseUrl = overrides.databaseUrl ?? database!.url;
  const dataDir = overrides.dataDir ?? (await mkdtemp(join(tmpdir(), 'nodeman-test-')));
  const env = aTestEnv({
    databaseUrl,
    dataDir,
    adminUsername: ADMIN.username,
    adminPassword: ADMIN.password,
    ...overrides,
  });
  const close = async (app?: NestExpressApplication) => {
    await app?.close();
    await database?.drop();
    if (!overrides.dataDir) await rm(dataDir, { recursive: true, force: true });
  };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(env), {
    bodyParser: false,
    abortOnError: false,
    logger: new PinoLogger(process.env.TEST_LOG_LEVEL ?? 'silent', 'test'),
  });
  try {
    await setUpApp(app);
    await app.listen(env.port, env.host);
    const url = (await app.getUrl()).replace('[::1]', 'localhost');
    const document = JSON.parse(JSON.stringify(createDocument(app)));
    const anonymous = new ApiClient(url, new ResponseSchemas(document, env.errorHttpStatus === '200'));
    const admin = await anonymous.login();
    return {
      url,
      databaseUrl,
      dataDir,
      app,
      dataSource: app.get(DataSource),
      anonymous,
      admin,
      userWith: (roles) => newUser(anonymous, admin, roles),
      close: () => close(app),
    };
  } catch (error) {
    await close(app);
    throw error;
  }
}

let userCount = 0;

async function newUser(anonymous: ApiClient, admin: ApiClient, roles: Record<number, 'operator' | 'viewer'>) {
  const username = `user${++userCount}`;
  const password = 'a password of a user';
  const response = await admin.post('/api/auth/users/', {
    username,
    password,
    roles: Object.entries(roles).map(([bk_biz_id, role]) => ({ bk_biz_id, role })),
  });
  if (response.status !== 200) throw new Error(`user not made: ${JSON.stringify(response.body)}`);
  return anonymous.login(username, password);
}

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
