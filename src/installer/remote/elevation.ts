import { Text } from '../../common/i18n/text.js';
import { evidenceOf } from '../../ssh/evidence.js';
import { quote } from '../../ssh/quote.js';
import type { ExecResult, SshSession } from '../../ssh/ssh-session.js';
import { type Evidence, LoginFailure, RunFailure } from '../run.failures.js';

const PROBE_TIMEOUT_MS = 20_000;
/** Of what sudo says. */
const MOST_LINES = 20;

/** How a command becomes root's on a host. */
export interface Elevation {
  /** The command line that runs `script` by `sh -c` as root. */
  command(script: string): string;
  /** What must come first on its stdin: the line with sudo's password, or nothing. */
  readonly preamble: string;
}

/** `exec`, so that the login shell does not stay as a parent, and sh leads the session that sshd made. */
const AS_WE_ARE: Elevation = { command: (script) => `exec sh -c ${quote(script)}`, preamble: '' };
const BY_SUDO: Elevation = { command: (script) => `exec sudo -n sh -c ${quote(script)}`, preamble: '' };
const bySudoWith = (password: string): Elevation => ({
  command: (script) => `exec sudo -S -p '' sh -c ${quote(script)}`,
  preamble: `${password}\n`,
});

const IS_ROOT = 10;
const HAS_NO_SUDO = 11;
const ASK = 'sudo -n true';
/**
 * Under Cygwin there is neither root nor sudo: what an account may do there, it may do as it is. Sudo's words are looked
 * at, so they must be the untranslated ones.
 */
const LOOK = [
  'LC_ALL=C; export LC_ALL; test "$(id -u)" = 0 && exit 10',
  'case "$(uname -s)" in CYGWIN*) exit 10;; esac',
  `command -v sudo >/dev/null 2>&1 || exit 11; ${ASK} </dev/null`,
].join('; ');
const TRY = `LC_ALL=C; export LC_ALL; sudo -S -p "" true`;

/**
 * Finds out how `account` becomes root. A password is tried once: more would lock the account.
 * @param password null when we hold none
 * @throws RunFailure saying why it cannot
 */
export async function elevate(
  session: SshSession,
  account: string,
  password: string | null,
  signal: AbortSignal,
): Promise<Elevation> {
  if (account === 'root') return AS_WE_ARE;
  const look = await session.exec(`sh -c ${quote(LOOK)}`, { signal, timeoutMs: PROBE_TIMEOUT_MS });
  if (look.code === IS_ROOT) return AS_WE_ARE;
  if (look.code === 0) return BY_SUDO;
  if (look.code === HAS_NO_SUDO) throw sudoMissing(account);
  if (/may not run sudo|not in the sudoers|not allowed to (run|execute)/i.test(look.stderr))
    throw notAllowed(account, wordsOf(ASK, look));
  if (password === null) throw passwordWanted(account, look);
  const stdin = `${password}\n`;
  const attempt = await session.exec(`sh -c ${quote(TRY)}`, { signal, timeoutMs: PROBE_TIMEOUT_MS, stdin });
  if (attempt.code === 0) return bySudoWith(password);
  throw refusal(account, attempt, password);
}

function refusal(account: string, attempt: ExecResult, password: string): RunFailure {
  const evidence = wordsOf('sudo -S true', attempt, [password]);
  if (/incorrect password|try again|no password was provided|authentication failure/i.test(evidence.output.join(' '))) {
    return new LoginFailure(
      'SSH_WRONG_PASSWORD',
      new Text(`sudo 拒绝了账号 ${account} 的密码`, `sudo refused the password of account ${account}`),
      { evidence },
    );
  }
  return notAllowed(account, evidence);
}

function notAllowed(account: string, evidence: Evidence): RunFailure {
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(`账号 ${account} 不能用 sudo 成为 root`, `Account ${account} cannot become root by sudo`),
    { evidence },
  );
}

function sudoMissing(account: string): RunFailure {
  return new RunFailure(
    'COMMAND_NOT_FOUND',
    new Text(
      `账号 ${account} 不是 root，而主机上没有 sudo 命令`,
      `Account ${account} is not root, and the host has no sudo`,
    ),
  );
}

function passwordWanted(account: string, look: ExecResult): RunFailure {
  return new LoginFailure(
    'NOT_SUPPORT_AUTH_WAY',
    new Text(
      `sudo 需要账号 ${account} 的密码，而我们只有密钥`,
      `sudo wants the password of account ${account}, and we hold a key only`,
    ),
    { evidence: wordsOf(ASK, look) },
  );
}

function wordsOf(command: string, { code, stdout, stderr }: ExecResult, secrets: readonly string[] = []): Evidence {
  const lines = (stderr || stdout).split('\n').map((line) => evidenceOf(line, secrets));
  return { command, exitCode: code, output: lines.filter((line) => line !== '').slice(-MOST_LINES) };
}
