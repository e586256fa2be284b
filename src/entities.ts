import { AgentCommand } from './agents/agent-command.entity.js';
import { Agent } from './agents/agent.entity.js';
import { ApiToken } from './auth/api-token.entity.js';
import { Session } from './auth/session.entity.js';
import { UserRole } from './auth/user-role.entity.js';
import { User } from './auth/user.entity.js';
import { Cloud } from './clouds/cloud.entity.js';
import { Business } from './cmdb/business.entity.js';
import { CmdbMember } from './cmdb/cmdb-member.entity.js';
import { CmdbModule } from './cmdb/cmdb-module.entity.js';
import { CmdbSet } from './cmdb/cmdb-set.entity.js';
import { Setting } from './config/setting.entity.js';
import { Credential } from './hosts/credential.entity.js';
import { Host } from './hosts/host.entity.js';
import { RunLog } from './logs/run-log.entity.js';
import { Package } from './packages/package.entity.js';
import { Proxy } from './proxies/proxy.entity.js';
import { ServerKey } from './proxies/server-key.entity.js';
import { HostKey } from './ssh/host-key.entity.js';
import { IdempotencyKey } from './tasks/idempotency-key.entity.js';
import { JobHost } from './tasks/job-host.entity.js';
import { Job } from './tasks/job.entity.js';

/** Every table, for the one data source. */
export const ENTITIES = [
  User,
  UserRole,
  Session,
  ApiToken,
  Setting,
  Business,
  CmdbSet,
  CmdbModule,
  CmdbMember,
  Cloud,
  Host,
  Credential,
  HostKey,
  Agent,
  AgentCommand,
  Proxy,
  ServerKey,
  Package,
  Job,
  JobHost,
  IdempotencyKey,
  RunLog,
];
