import { ApiProperty } from '@nestjs/swagger';
import type { StatusRow } from './host-row.js';
import { AGENT_STATUSES } from './host.enums.js';

/** Shown where no version is known. */
const UNKNOWN_VERSION = '--';

/** What runs on a host, as last heard: its agent, or a plugin that the agent looks after. */
export class StatusResponse {
  @ApiProperty({ example: 'nodeman-agent' }) name!: string;
  @ApiProperty({ enum: ['agent', 'plugin'], example: 'agent' }) type!: 'agent' | 'plugin';
  @ApiProperty({ enum: AGENT_STATUSES, example: 'RUNNING', description: 'UNKNOWN until the first report' })
  status!: string;
  @ApiProperty({ example: '1.0.0', description: '`--` when unknown' }) version!: string;
  @ApiProperty({ example: 12 }) host_id!: number;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it was last heard of, or was found silent; null: never',
  })
  update_time!: string | null;

  /** The agent's element, which every host has, then those of the plugins by name. */
  static listFrom(row: StatusRow): StatusResponse[] {
    const agent: StatusResponse = {
      name: row.agent_name,
      type: 'agent',
      status: row.agent_status,
      version: row.agent_version || UNKNOWN_VERSION,
      host_id: row.id,
      update_time: laterOf(row.reported_at, row.agent_status_at)?.toISOString() ?? null,
    };
    const plugins = (row.processes ?? []).map(({ name, status, version }): StatusResponse => ({
      name,
      type: 'plugin',
      // Nobody watches a plugin whose agent is gone.
      status: row.agent_status === 'RUNNING' || status !== 'RUNNING' ? status : 'UNKNOWN',
      version: version || UNKNOWN_VERSION,
      host_id: row.id,
      update_time: row.reported_at?.toISOString() ?? null,
    }));
    return [agent, ...plugins.sort((a, b) => (a.name < b.name ? -1 : 1))];
  }
}

/** A report is news of the agent even when nothing changed; the end of one is told by its status alone. */
function laterOf(one: Date | null, other: Date | null): Date | null {
  return one && other ? (one > other ? one : other) : (one ?? other);
}
