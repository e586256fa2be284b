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
    description: 'Needed for INSTALL of a PROXY; `cascade_ip` is taken too',
  })
  outer_ip?: string;

  @ApiProperty({ required: false, example: 'root', description: 'Needed for INSTALL' })
  account?: string;

  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: 65535, default: 22, example: 22 })
  port?: number;

  @ApiProperty({ required: false, enum: AUTH_TYPES, default: 'PASSWORD', example: 'PASSWORD' })
  auth_type?: string;

  @ApiProperty({ required: false, example: 'secret', description: 'Needed for INSTALL with auth_type PASSWORD' })
  password?: string;

  @ApiProperty({ required: false, example: '', description: 'A private key; needed for INSTALL with auth_type KEY' })
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
}
