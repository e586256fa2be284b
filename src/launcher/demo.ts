import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_BUSINESS, DemoClient, DemoRefusedError, type DemoHostItem } from './demo-client.js';
import { startDemoHosts, type DemoHosts } from './demo-hosts.js';
import { DemoScenario } from './demo-scenario.js';
import { LauncherError } from './launcher.errors.js';
import { passwordIn } from './password-file.js';
import { runLauncher, say, type LauncherSetting } from './run-launcher.js';
import { demoPasswordFile, describeServices } from './welcome.js';

/** Known to the demo, so that it can log in; counts only while there is no user yet. */
function adminPassword({ env, dataDir }: LauncherSetting): string {
  return env.adminPassword ?? passwordIn(demoPasswordFile(dataDir), 9);
}

/** The table is to stay readable, so the processes talk to a file. */
function logTo(file: string): (name: string, line: string) => void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  const log = createWriteStream(file, { flags: 'w', mode: 0o600 });
  return (name, line) => void log.write(`${name.padEnd(9)}| ${line}\n`);
}

async function logIn(client: DemoClient, { env, dataDir }: LauncherSetting, password: string): Promise<void> {
  try {
    await client.login(env.adminUsername, password);
  } catch (error) {
    if (!(error instanceof DemoRefusedError) || error.code !== 'UNAUTHORIZED') throw error;
    throw new LauncherError(
      `The administrator ${env.adminUsername} of ${dataDir} has a password that the demo does not know.\n` +
        'Tell it by ADMIN_USERNAME and ADMIN_PASSWORD, or let the demo begin anew: DATA_DIR=./.demo npm run demo',
      { cause: error },
    );
  }
}

/** Three lines that work as they stand; the last one shows the log of the host that failed. */
function curlLines(
  origin: string,
  { env, dataDir }: LauncherSetting,
  password: string,
  hosts: DemoHostItem[],
): string[] {
  const jar = join(dataDir, 'demo.cookies');
  const login = JSON.stringify({ username: env.adminUsername, password });
  return [
    `curl -s -c '${jar}' -H 'content-type: application/json' -d '${login}' ${origin}/api/auth/login`,
    `curl -s -b '${jar}' '${origin}/api/${DEMO_BUSINESS}/hosts/?agent_status=RUNNING'`,
    `curl -s -b '${jar}' -H 'accept-language: en' ${origin}/api/${DEMO_BUSINESS}/logs/${hosts.at(-1)?.id ?? 1}/`,
  ];
}

await runLauncher(
  (setting) => {
    const { env, dataDir } = setting;
    const onLine = logTo(join(dataDir, 'demo.log'));
    return { env, dataDir, onLine, tell: say, childEnv: { ADMIN_PASSWORD: adminPassword(setting) } };
  },
  async (launcher, setting, signal) => {
    const { env, dataDir } = setting;
    const password = adminPassword(setting);
    say('Starting PostgreSQL, Redis, a fleet of demo hosts, API and worker …');
    const demo: { fleet?: DemoHosts } = {};
    const launched = await launcher.start(async () => {
      demo.fleet = await startDemoHosts(launcher, dataDir, say);
    });
    const { origin } = launched;
    say([...describeServices(launched, dataDir), `  logs in ${join(dataDir, 'demo.log')}\n`].join('\n'));
    const client = new DemoClient(origin, signal);
    await logIn(client, setting, password);
    await client.setNginx(new URL(origin).host);
    const hosts = await new DemoScenario(client, demo.fleet!, say).play();
    say(`\nThe server stays up:\n  Swagger UI  ${origin}/api/docs\n  login       ${env.adminUsername} / ${password}`);
    say(`\nTo try:\n  ${curlLines(origin, setting, password, hosts).join('\n  ')}\n`);
  },
);
