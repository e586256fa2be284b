import { Injectable } from '@nestjs/common';
import { Text } from '../common/i18n/text.js';
import { Env } from '../env/env.js';
import { PackageNotFoundError } from '../packages/package.errors.js';
import { PackagesService } from '../packages/packages.service.js';
import { endpoint } from '../ssh/ssh-error-texts.js';
import type { ClaimedRun } from '../tasks/run-claims.js';
import { FileServers } from './file-servers.js';
import { RunFailure } from './run.failures.js';
import type { RemoteScript } from './remote/remote-script.js';
import type { StepContext } from './step.js';

/** Tells a host's script what to install, and where from. */
@Injectable()
export class PackageOrder {
  /** A script keeps its values for as long as it runs, so that all its calls mean the same package. */
  private readonly told = new WeakSet<RemoteScript>();

  constructor(
    private readonly packages: PackagesService,
    private readonly servers: FileServers,
    private readonly env: Env,
  ) {}

  /** @throws RunFailure when there is no package for the host, or no server to fetch it from */
  async tell(script: RemoteScript, { run, journal, signal }: StepContext): Promise<void> {
    if (this.told.has(script)) return;
    await script.ensure(signal, 'facts');
    const servers = await this.servers.of(run);
    const chosen = await this.pick(run, script.facts);
    const values = {
      run_id: String(run.id),
      host_id: String(run.hostId),
      servers: servers.join(' '),
      interval: String(this.env.heartbeatIntervalSeconds),
      package_name: chosen.name,
      package_version: chosen.version,
      package_file: chosen.fileName,
      package_sha256: chosen.sha256,
      ...(run.nodeType === 'PROXY' && { listen: endpoint(run.innerIp, this.env.proxyPort) }),
    };
    for (const [name, value] of Object.entries(values)) script.set(name, value);
    this.told.add(script);
    journal.say(
      new Text(
        `安装包 ${chosen.fileName}（sha256 ${chosen.sha256.slice(0, 16)}…），服务器 ${servers.join('、')}`,
        `Package ${chosen.fileName} (sha256 ${chosen.sha256.slice(0, 16)}…) from ${servers.join(', ')}`,
      ),
    );
  }

  /**
   * The package that fits a host.
   * @throws RunFailure when there is none
   */
  async pick({ agentName: name, packageVersion }: ClaimedRun, facts: ReadonlyMap<string, string>) {
    const platform = { os: facts.get('os') ?? 'unknown', arch: facts.get('arch') ?? 'unknown' };
    const version = packageVersion ?? undefined;
    try {
      return await this.packages.pick({ name, ...platform, version });
    } catch (error) {
      if (!(error instanceof PackageNotFoundError)) throw error;
      throw noPackage(version ? `${name} ${version}` : name, `${platform.os}/${platform.arch}`);
    }
  }
}

function noPackage(name: string, platform: string): RunFailure {
  return new RunFailure(
    'CURL_FILE_FAILED',
    new Text(
      `服务端没有适用于该主机（${platform}）的安装包 ${name}`,
      `The server has no package ${name} for this host (${platform})`,
    ),
  );
}
