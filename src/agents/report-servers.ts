import { Injectable } from '@nestjs/common';
import { DIRECT_CLOUD_ID } from '../clouds/cloud.entity.js';
import { ConfigService } from '../config/config.service.js';
import type { NginxSetting } from '../config/nginx.setting.js';
import type { Reporter } from './heartbeat-writer.js';

/** A changed setting reaches agents with their next report, a few seconds sooner or later does not matter. */
const FRESH_MS = 5_000;

/** Where agents are to report to, from the `nginx` setting, which is not read for each of them. */
@Injectable()
export class ReportServers {
  private readAt = -Infinity;
  private setting: Promise<NginxSetting | null> = Promise.resolve(null);

  constructor(private readonly config: ConfigService) {}

  /** In order; empty when the agent is to keep those that it has, as behind a proxy, or when nothing is set. */
  async for({ cloudId, nodeType }: Pick<Reporter, 'cloudId' | 'nodeType'>): Promise<string[]> {
    const setting = await this.read();
    if (setting === null) return [];
    if (cloudId === DIRECT_CLOUD_ID) return [...setting.inner];
    return nodeType === 'PROXY' ? [...setting.outer] : [];
  }

  private read(): Promise<NginxSetting | null> {
    if (performance.now() - this.readAt > FRESH_MS) {
      this.readAt = performance.now();
      // A report that is written is good news: it is not refused because the setting cannot be read.
      this.setting = this.config.nginx().catch(() => null);
    }
    return this.setting;
  }
}
