import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import type { Diagnosis } from '../diagnosis/diagnosis.js';
import { FileServers } from '../file-servers.js';
import { PackageOrder } from '../package-order.js';
import type { RemoteScript } from '../remote/remote-script.js';
import type { SeenCheck } from '../remote/script-markers.js';
import { RunFailure } from '../run.failures.js';
import type { StepContext } from '../step.js';
import { type CheckLine, sayCheck } from './check-line.js';
import { type CheckName, checkNamed, CHECKS } from './checks.js';
import { LOGIN_CHECK_COUNT } from './login-checks.js';

/** Tickets, tokens and certificates are refused from about so much on. */
const MOST_SKEW_SECONDS = 300;

/** Looks whether an installation would succeed, and changes nothing on the host. */
@Injectable()
export class Precheck {
  constructor(
    private readonly orders: PackageOrder,
    private readonly servers: FileServers,
  ) {}

  /** Says each check in the log. @throws RunFailure naming those that failed, with the code of the first */
  async run(context: StepContext): Promise<void> {
    const { journal, host, signal } = context;
    const script = await host.script(signal);
    await script.ensure(signal, 'facts');
    const lines = await this.ofController(script, context);
    await script.call(signal, 'check');
    lines.push(...script.checks.flatMap(lineOf));
    for (const line of lines) sayCheck(journal, line);
    const count = LOGIN_CHECK_COUNT + lines.filter(({ outcome }) => outcome !== 'skip').length;
    const failed = lines.filter(({ outcome }) => outcome === 'fail');
    if (failed.some((line) => isInTheWay(line, lines))) throw checksFailed(failed, count, script);
    journal.outcome = failed.length === 0 ? allPassed(count) : goodEnough(failed.length, count);
  }

  /** Whether we have a package for it, and where it would fetch that from, which the script is told to try. */
  private async ofController(script: RemoteScript, context: StepContext): Promise<CheckLine[]> {
    const { run, journal } = context;
    const system = `${script.facts.get('os') ?? '-'}/${script.facts.get('arch') ?? '-'}`;
    const chosen = await orFailure(this.orders.pick(run, script.facts));
    const servers = await orFailure(this.servers.of(run));
    const lines: CheckLine[] = [
      chosen instanceof RunFailure
        ? { name: 'arch', outcome: 'fail', evidence: chosen.text }
        : {
            name: 'arch',
            outcome: 'pass',
            evidence: Text.verbatim(`${journal.redactor.mask(system)}: ${chosen.fileName}`),
          },
    ];
    if (servers instanceof RunFailure) lines.push({ name: 'server', outcome: 'fail', evidence: servers.text });
    else if (chosen instanceof RunFailure) script.set('servers', servers.join(' '));
    else await this.orders.tell(script, context);
    return lines;
  }
}

async function orFailure<T>(work: Promise<T>): Promise<T | RunFailure> {
  return work.catch((error: unknown) => {
    if (error instanceof RunFailure) return error;
    throw error;
  });
}

/** A check that we do not know is not ours to show. */
function lineOf(check: SeenCheck): CheckLine[] {
  const name = checkNamed(check.name);
  if (name === null) return [];
  if (name === 'clock' && check.outcome === 'pass') return [clockLine(check)];
  return [{ name, outcome: check.outcome, evidence: Text.verbatim(check.evidence || '-') }];
}

function clockLine({ evidence, seenAt }: SeenCheck): CheckLine {
  if (!/^\d{1,12}$/.test(evidence)) return { name: 'clock', outcome: 'skip', evidence: Text.verbatim('-') };
  const skew = Math.round(Number(evidence) - seenAt.getTime() / 1000);
  const seconds = Math.abs(skew);
  const said =
    skew < 0
      ? new Text(`比服务端慢 ${seconds} 秒`, `${seconds} s behind the server's`)
      : new Text(`比服务端快 ${seconds} 秒`, `${seconds} s ahead of the server's`);
  return { name: 'clock', outcome: seconds > MOST_SKEW_SECONDS ? 'fail' : 'pass', evidence: said };
}

/** One file server that answers is enough: they are tried in order. */
function isInTheWay({ name }: CheckLine, lines: readonly CheckLine[]): boolean {
  return name !== 'server' || !lines.some((line) => line.name === 'server' && line.outcome === 'pass');
}

function allPassed(count: number): Text {
  return new Text(
    `${count} 项检查全部通过，未对主机做任何改动`,
    `All ${count} checks passed; nothing was changed on the host`,
  );
}

function goodEnough(failed: number, count: number): Text {
  return new Text(
    `可以安装：${count} 项检查中有 ${failed} 台文件服务器未应答，但有其他文件服务器可用；未对主机做任何改动`,
    `It can be installed: of ${count} checks, ${failed} met a file server that does not answer, but another one does; nothing was changed on the host`,
  );
}

function checksFailed(failed: readonly CheckLine[], count: number, { facts }: RemoteScript): RunFailure {
  const names = [...new Set(failed.map(({ name }) => name))];
  const labels = names.map((name) => CHECKS[name].label);
  const said = failed.map(({ name, evidence }) => `${CHECKS[name].label.en}: ${evidence.en}`);
  return new RunFailure(
    CHECKS[failed[0]!.name].errCode ?? 'INSTALL_FAILED',
    new Text(
      `${count} 项检查中有 ${failed.length} 项未通过：${labels.map(({ zh }) => zh).join('、')}`,
      `${failed.length} of ${count} checks failed: ${labels.map(({ en }) => en).join(', ')}`,
    ),
    { evidence: { command: null, exitCode: null, output: said, isLogged: true }, facts, diagnosis: unmet(names) },
  );
}

/** Hosts on which the same checks failed have the same to be done to them. */
function unmet(names: readonly CheckName[]): Diagnosis {
  const checks = names.map((name) => CHECKS[name]);
  return {
    id: `check-${names.join('-')}`,
    cause: new Text(
      `主机不满足安装条件：${checks.map(({ label }) => label.zh).join('、')}`,
      `The host lacks what an installation needs: ${checks.map(({ label }) => label.en).join(', ')}`,
    ),
    remedy: new Text(
      checks.map(({ remedy }) => remedy.zh).join('；'),
      checks.map(({ remedy }) => remedy.en).join('; '),
    ),
  };
}
