import { ApiProperty } from '@nestjs/swagger';
import { AUTH_TYPES, NODE_TYPES, OS_TYPES } from '../hosts/host.enums.js';
import { MAX_HOSTS } from './submit/task-texts.js';
import { OP_TYPES } from './task.enums.js';

/** Hosts that have everything but their address in common. */
export class TaskHostBody {
  @ApiProperty({
    example: '127.0.77.1',
    description: 'Addresses, separated by commas, semicolons or line breaks; `conn_ips` is taken too',
  })
  inner_ips!: string;

  @ApiProperty({
    required: false,
    example: '',
    description: 'Needed for INSTALL and PRECHECK of a PROXY; `cascade_ip` is taken too',
  })
  outer_ip?: string;

  @ApiProperty({
    required: false,
    example: 'root',
    description: 'Needed for INSTALL, and for PRECHECK of a host that is not in the list yet',
  })
  account?: string;

  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: 65535, default: 22, example: 22 })
  port?: number;

  @ApiProperty({ required: false, enum: AUTH_TYPES, default: 'PASSWORD', example: 'PASSWORD' })
  auth_type?: string;

  @ApiProperty({
    required: false,
    example: 'secret',
    description:
      'Needed with auth_type PASSWORD for INSTALL, and for everything else that logs in while none is stored',
  })
  password?: string;

  @ApiProperty({
    required: false,
    example: '',
    description: 'A private key; needed like the password, with auth_type KEY',
  })
  key?: string;

  @ApiProperty({ required: false, enum: OS_TYPES, default: 'LINUX', example: 'LINUX' })
  os_type?: string;

  @ApiProperty({
    required: false,
    default: false,
    example: false,
    description: 'WINDOWS: Cygwin and its sshd are there',
  })
  has_cygwin?: boolean;
}

/** What is to be done to which hosts. Read by `parseTask`, whose complaints name the row that they are about. */
export class TaskBody {
  @ApiProperty({ enum: [...OP_TYPES, 'SAVE'], example: 'INSTALL', description: 'SAVE is UPDATE_AUTHINFO' })
  op_type!: string;

  @ApiProperty({
    required: false,
    enum: NODE_TYPES,
    example: 'AGENT',
    description: "Not needed for UNINSTALL and REMOVE, where it is the host's own",
  })
  node_type?: string;

  @ApiProperty({ example: '0' })
  bk_cloud_id!: string;

  @ApiProperty({ type: [TaskHostBody], description: `At most ${MAX_HOSTS} hosts` })
  hosts!: TaskHostBody[];

  @ApiProperty({
    required: false,
    default: false,
    example: false,
    description: 'Takes hosts over from other businesses',
  })
  ignore_installed_elsewhere?: boolean;

  @ApiProperty({
    required: false,
    example: '',
    description:
      'INSTALL, REINSTALL, UPGRADE: the version of the package to install, one of `GET /api/packages/`; ' +
      'without it the newest that fits the host',
  })
  version?: string;
}

/** What the operations do, for readers of the OpenAPI document. */
export const TASK_DESCRIPTION = [
  'Takes all hosts or none. Answers with the job as soon as it is stored; what becomes of it is told by ' +
    '`GET …/tasks/{job_id}/`, `GET …/tasks/{job_id}/failures/` and `GET …/logs/{host_id}/`. ' +
    'Operations that put an agent on a host need the nginx setting.',
  '* **PRECHECK** looks whether an INSTALL would go well, and changes nothing on the host: route, login, sudo, space, ' +
    'commands, clock, and whether the host reaches the file servers. Each check is a line of the log, passed or failed with ' +
    'what to do. A new host is in the list as a candidate from then on: INSTALL takes it, REMOVE drops it.',
  '* **UPGRADE**, **INSTALL** and **REINSTALL** take the newest package that fits the host, or that of `version`. An UPGRADE ' +
    'whose agent does not report in time goes back to the version before.',
  '* **UNINSTALL** and **REMOVE** log in with what is stored, or else go through the running agent.',
].join('\n');

const LOGIN = { account: 'root', port: 22, auth_type: 'PASSWORD', password: 'secret', os_type: 'LINUX' };

/** Bodies that are good as they are, on hosts that are there; the first one needs none. */
export const TASK_EXAMPLES: Record<string, { summary: string; value: Partial<TaskBody> }> = {
  install: {
    summary: 'INSTALL: an agent on two hosts',
    value: {
      ...{ op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0' },
      hosts: [{ inner_ips: '127.0.77.1,127.0.77.2', ...LOGIN }],
    },
  },
  precheck: {
    summary: 'PRECHECK: would an INSTALL go well? Changes nothing on the host',
    value: {
      ...{ op_type: 'PRECHECK', node_type: 'AGENT', bk_cloud_id: '0' },
      hosts: [{ inner_ips: '127.0.77.3', ...LOGIN }],
    },
  },
  proxy: {
    summary: 'INSTALL: the PROXY of cloud 1',
    value: {
      ...{ op_type: 'INSTALL', node_type: 'PROXY', bk_cloud_id: '1' },
      hosts: [{ inner_ips: '10.9.0.2', outer_ip: '127.0.77.4', ...LOGIN }],
    },
  },
  upgrade: {
    summary: 'UPGRADE: to the newest version, or to `version`, with the login that is stored',
    value: {
      ...{ op_type: 'UPGRADE', node_type: 'AGENT', bk_cloud_id: '0', version: '' },
      hosts: [{ inner_ips: '127.0.77.1' }],
    },
  },
  uninstall: {
    summary: 'UNINSTALL: over SSH, or through the running agent when no login is stored',
    value: { op_type: 'UNINSTALL', bk_cloud_id: '0', hosts: [{ inner_ips: '127.0.77.2' }] },
  },
};
