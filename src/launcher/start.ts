import { runLauncher, say } from './run-launcher.js';
import { describeLogin, describeServices } from './welcome.js';

const LABEL_WIDTH = 9;

await runLauncher(
  ({ env, dataDir }) => ({
    env,
    dataDir,
    onLine: (name, line) => say(`${name.padEnd(LABEL_WIDTH)}| ${line}`),
    tell: (line) => say(`${'launcher'.padEnd(LABEL_WIDTH)}| ${line}`),
  }),
  async (launcher, { env, dataDir }) => {
    const launched = await launcher.start();
    const { origin } = launched;
    const workers = env.workers === 1 ? '1 worker' : `${env.workers} workers`;
    say(['', `nodeman runs, with ${workers}:`, ...describeServices(launched, dataDir)].join('\n'));
    say(`  API      ${origin}/api\n  docs     ${origin}/api/docs\n  login    ${describeLogin(env, dataDir)}`);
  },
);
