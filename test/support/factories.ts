import { randomBytes } from 'node:crypto';
import type { DataSource, ObjectLiteral } from 'typeorm';
import { Agent } from '../../src/agents/agent.entity.js';
import { Cloud } from '../../src/clouds/cloud.entity.js';
import { Business } from '../../src/cmdb/business.entity.js';
import { CmdbMember } from '../../src/cmdb/cmdb-member.entity.js';
import { CmdbModule } from '../../src/cmdb/cmdb-module.entity.js';
import { CmdbSet } from '../../src/cmdb/cmdb-set.entity.js';
import { hashToken } from '../../src/common/crypto/tokens.js';
import { Host } from '../../src/hosts/host.entity.js';
import { HostKey } from '../../src/ssh/host-key.entity.js';
import { JobHost } from '../../src/tasks/job-host.entity.js';
import { Job } from '../../src/tasks/job.entity.js';

/** The business that every database has. */
export const POOL = 1;

let counter = 0;

/** A name that no other row has. */
export function aName(prefix: string): string {
  return `${prefix}-${++counter}-${randomBytes(2).toString('hex')}`;
}

/** An address that no other call gives, from the range that RFC 2544 keeps for tests: nothing is ever sent there. */
export function anAddress(): string {
  const n = ++counter;
  return `198.${18 + ((n >> 16) & 1)}.${(n >> 8) & 255}.${n & 255}`;
}

/** Inserts a valid host of business 1 in cloud 0; `overrides` are what matters to the test. */
export function aHost(dataSource: DataSource, overrides: Partial<Host> = {}): Promise<Host> {
  const host = { businessId: POOL, cloudId: 0, innerIp: anAddress(), nodeType: 'AGENT', osType: 'LINUX' } as const;
  return insert(dataSource, Host, { ...host, ...overrides });
}

/** Inserts a business without sets. */
export function aBusiness(dataSource: DataSource, overrides: Partial<Business> = {}): Promise<Business> {
  return insert(dataSource, Business, { name: aName('business'), ...overrides });
}

export function aCloud(dataSource: DataSource, overrides: Partial<Cloud> = {}): Promise<Cloud> {
  return insert(dataSource, Cloud, { name: aName('cloud'), creator: 'admin', ...overrides });
}

export function aSet(dataSource: DataSource, overrides: Partial<CmdbSet> = {}): Promise<CmdbSet> {
  return insert(dataSource, CmdbSet, { businessId: POOL, name: aName('set'), ...overrides });
}

/** Inserts a module into `set`. */
export function aModule(
  dataSource: DataSource,
  set: Pick<CmdbSet, 'id' | 'businessId'>,
  overrides: Partial<CmdbModule> = {},
): Promise<CmdbModule> {
  const module = { businessId: set.businessId, setId: set.id, name: aName('module') };
  return insert(dataSource, CmdbModule, { ...module, ...overrides });
}

/** Puts a host into a module. */
export async function aMember(
  dataSource: DataSource,
  module: Pick<CmdbModule, 'id' | 'businessId'>,
  host: Pick<Host, 'cloudId' | 'innerIp'>,
): Promise<void> {
  const { cloudId, innerIp: address } = host;
  await dataSource.manager.insert(CmdbMember, { moduleId: module.id, businessId: module.businessId, cloudId, address });
}

/** Inserts the agent of a host, and returns the token that it reports with. */
export async function anAgent(dataSource: DataSource, hostId: number, overrides: Partial<Agent> = {}): Promise<string> {
  const token = `${hostId}.${randomBytes(32).toString('base64url')}`;
  await insert(dataSource, Agent, { hostId, tokenHash: hashToken(token), ...overrides });
  return token;
}

/** Pins an SSH key for a host. */
export function aHostKey(
  dataSource: DataSource,
  host: Pick<Host, 'cloudId' | 'innerIp' | 'port'>,
  overrides: Partial<HostKey> = {},
): Promise<HostKey> {
  return insert(dataSource, HostKey, {
    cloudId: host.cloudId,
    address: host.innerIp,
    port: host.port,
    keyType: 'ssh-ed25519',
    publicKey: randomBytes(51).toString('base64'),
    fingerprint: `SHA256:${randomBytes(32).toString('base64').replace('=', '')}`,
    ...overrides,
  });
}

export function aJob(dataSource: DataSource, overrides: Partial<Job> = {}): Promise<Job> {
  const job = { businessId: POOL, cloudId: 0, opType: 'INSTALL', nodeType: 'AGENT', creator: 'admin' } as const;
  return insert(dataSource, Job, { ...job, ...overrides });
}

/** Inserts the part of `host` in `job`, waiting to be claimed. */
export function aRun(dataSource: DataSource, job: Job, host: Host, overrides: Partial<JobHost> = {}): Promise<JobHost> {
  const { businessId, cloudId, innerIp, outerIp, nodeType, osType, hasCygwin } = host;
  const snapshot = { businessId, cloudId, innerIp, outerIp, nodeType, osType, hasCygwin };
  return insert(dataSource, JobHost, { jobId: job.id, hostId: host.id, opType: job.opType, ...snapshot, ...overrides });
}

/** Reads the row back, so that it has what the database puts in by itself. */
async function insert<Row extends ObjectLiteral>(
  dataSource: DataSource,
  entity: new () => Row,
  row: NoInfer<Partial<Row>>,
): Promise<Row> {
  const repository = dataSource.getRepository(entity);
  const { identifiers } = await repository.insert(row as Parameters<typeof repository.insert>[0]);
  return repository.findOneByOrFail(identifiers[0] as Parameters<typeof repository.findOneByOrFail>[0]);
}
