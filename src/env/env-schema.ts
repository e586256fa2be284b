import { z } from 'zod';
import { LOCALES } from '../common/i18n/text.js';

/** A whole number from the environment, which only knows text. */
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1');

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

interface Variable<T extends z.ZodType> {
  /** How its text is checked and parsed. */
  readonly type: T;
  /** The text taken when the variable is absent; null: nothing is. */
  readonly default: string | null;
  /** Unit and meaning, one line, as `.env.example` prints it. */
  readonly about: string;
}
const variable = <T extends z.ZodType>(type: T, fallback: string, about: string) => ({
  type,
  default: fallback,
  about,
});
const optional = <T extends z.ZodType>(type: T, about: string) => ({ type: type.optional(), default: null, about });

/**
 * Every variable that the processes read, by the name it has in the code; `WORKER_CONCURRENCY` is `workerConcurrency`.
 * `.env.example` is made from this table.
 */
export const ENV_VARIABLES = {
  port: variable(integer(0, 65535), '8800', 'TCP port of the API; 0 takes a free one'),
  host: variable(z.string().min(1), '127.0.0.1', 'address that the API listens on; 0.0.0.0 for all'),
  publicUrl: optional(
    url('http:', 'https:'),
    'URL that people reach the API under; default http://HOST:PORT. https makes cookies Secure',
  ),
  trustProxyHops: variable(
    integer(0, 10),
    '0',
    'number of reverse proxies in front whose X-Forwarded-* headers are believed',
  ),
  corsOrigins: variable(
    list,
    '',
    'comma-separated origins of web pages that may call the API from a browser; none by default',
  ),
  defaultLocale: variable(
    z.enum(LOCALES),
    'zh-CN',
    'language of messages when Accept-Language names none: zh-CN or en',
  ),
  errorHttpStatus: variable(
    z.enum(['semantic', '200']),
    'semantic',
    'semantic: refusals have statuses of their own; 200: all but 401 and 403 are answered with 200',
  ),
  logLevel: variable(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'least severe level that is logged: fatal, error, warn, info, debug, trace, silent',
  ),

  dataDir: variable(z.string().min(1), './.data', 'folder for packages, generated secrets and embedded services'),
  databaseUrl: optional(
    url('postgres:', 'postgresql:'),
    'PostgreSQL 14 or later; absent: npm start finds or embeds one',
  ),
  databasePoolSize: variable(integer(2, 200), '10', 'connections that each process may hold'),
  redisUrl: optional(url('redis:', 'rediss:'), 'Redis 6.2 or later; absent: npm start finds or embeds one'),
  redisPrefix: variable(
    z.string().regex(/^[\w{}:.-]{1,64}$/, 'must be 1-64 of letters, digits, _ { } : . -'),
    '{nodeman}',
    'prefix of every key in Redis; the braces keep them in one slot of a Redis Cluster',
  ),
  redisEmulated: variable(
    flag,
    'false',
    'true when REDIS_URL is the in-memory stand-in that npm start embeds; set by the launcher',
  ),

  secretKey: optional(
    z.string().min(32, 'must have at least 32 characters'),
    'at least 32 characters; encrypts stored credentials. Absent: made once in DATA_DIR/secret.key',
  ),
  adminUsername: variable(
    z.string().regex(/^[\w.@-]{1,64}$/, 'must be 1-64 of letters, digits, _ . @ -'),
    'admin',
    'name of the first administrator',
  ),
  adminPassword: optional(
    z.string().min(8, 'must have at least 8 characters').max(256),
    'password of the first administrator, at least 8 characters. Absent: made and printed once at the first start',
  ),
  sessionTtlHours: variable(integer(1, 720), '12', 'hours that a login lasts'),
  loginAttemptsPerMinute: variable(
    integer(1, 10_000),
    '10',
    'failed logins that one name, and one address, may make a minute',
  ),
  credentialTtlHours: variable(
    integer(1, 8760),
    '24',
    'hours that a host password or key is kept, encrypted, before it is wiped',
  ),

  workers: variable(integer(0, 64), '1', 'worker processes that npm start runs'),
  workerConcurrency: variable(integer(1, 2000), '100', 'runs that one worker works on at once'),
  workerPort: variable(
    integer(0, 65535),
    '0',
    'TCP port of health and metrics of a worker, on HOST; 0 takes a free one',
  ),
  leaseSeconds: variable(
    integer(3, 600),
    '15',
    'seconds without a sign of life after which a run is taken from its worker',
  ),
  sshConnectTimeoutSeconds: variable(integer(1, 300), '10', 'seconds that a TCP connection to an SSH port may take'),
  sshLoginTimeoutSeconds: variable(integer(1, 300), '20', 'seconds that SSH handshake and login may take'),
  sshSilenceTimeoutSeconds: variable(
    integer(3, 600),
    '30',
    'seconds that a host may leave an SSH session without any answer',
  ),
  jobTimeoutSeconds: variable(
    integer(1, 86_400),
    '600',
    'seconds that dependencies, download and installation may take together on a host behind a proxy',
  ),
  waitAgentTimeoutSeconds: variable(integer(2, 3600), '60', 'seconds that an installed agent may take to report'),
  heartbeatIntervalSeconds: variable(
    integer(1, 3600),
    '30',
    'seconds between two reports of an agent; silent for three: TERMINATED',
  ),
  maxPackageMib: variable(integer(1, 4096), '512', 'MiB that an uploaded package may have'),

  proxyPort: variable(integer(1, 65535), '17980', 'TCP port on which proxies serve the hosts of their area'),
  maxProxiesPerCloud: variable(integer(1, 100), '2', 'proxies that a business may have in one cloud'),
  cmdbProvider: variable(z.enum(['embedded']), 'embedded', 'where businesses and topology come from: embedded'),
} satisfies Record<string, Variable<z.ZodType>>;

export type EnvName = keyof typeof ENV_VARIABLES;

/** `workerConcurrency` → `WORKER_CONCURRENCY` */
export function variableName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
