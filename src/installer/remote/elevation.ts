import { Text } from '../../common/i18n/text.js';
import { evidenceOf } from '../../ssh/evidence.js';
import { quote } from '../../ssh/quote.js';
import type { ExecResult, SshSession } from '../../ssh/ssh-session.js';
import { LoginFailure, RunFailure } from '../run.failures.js';

const PROBE_TIMEOUT_MS = 20_000;

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
/**
 * Under Cygwin there is neither root nor sudo: what an account may do there, it may do as it is. Sudo's words are looked
 * at, so they must be the untranslated ones.
 */
const LOOK = [
  'LC_ALL=C; export LC_ALL; test "$(id -u)" = 0 && exit 10',
  'case "$(uname -s)" in CYGWIN*) exit 10;; esac',
  'command -v sudo >/dev/null 2>&1 || exit 11; sudo -n true </dev/null',
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
    throw notAllowed(account, look);
  if (password === null) throw passwordWanted(account, look);
  const stdin = `${password}\n`;
  const attempt = await session.exec(`sh -c ${quote(TRY)}`, { signal, timeoutMs: PROBE_TIMEOUT_MS, stdin });
  if (attempt.code === 0) return bySudoWith(password);
  throw refusal(account, attempt, password);
}

function refusal(account: string, { stderr, stdout }: ExecResult, password: string): RunFailure {
  const said = evidenceOf(stderr || stdout, [password]);
  if (/incorrect password|try again|no password was provided|authentication failure/i.test(said)) {
    return new LoginFailure(
      'SSH_WRONG_PASSWORD',
      new Text(
        `sudo 拒绝了账号 ${account} 的密码（${said}）。请检查密码，或为该账号配置 NOPASSWD`,
        `sudo refused the password of account ${account} (${said}). Check the password, or give the account NOPASSWD in sudoers`,
      ),
    );
  }
  return notAllowed(account, { stderr: said, stdout: '' });
}

function notAllowed(account: string, { stderr, stdout }: Pick<ExecResult, 'stderr' | 'stdout'>): RunFailure {
  const said = evidenceOf(stderr || stdout) || '-';
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `账号 ${account} 不能用 sudo 成为 root（${said}）。请将其加入 sudoers，或改用 root 账号`,
      `Account ${account} cannot become root by sudo (${said}). Add it to sudoers, or use the root account`,
    ),
  );
}

function sudoMissing(account: string): RunFailure {
  return new RunFailure(
    'COMMAND_NOT_FOUND',
    new Text(
      `账号 ${account} 不是 root，而主机上没有 sudo 命令。请安装 sudo，或改用 root 账号`,
      `Account ${account} is not root, and the host has no sudo. Install sudo, or use the root account`,
    ),
  );
}

function passwordWanted(account: string, { stderr, stdout }: ExecResult): RunFailure {
  const said = evidenceOf(stderr || stdout) || '-';
  return new LoginFailure(
    'NOT_SUPPORT_AUTH_WAY',
    new Text(
      `sudo 需要账号 ${account} 的密码（${said}），而我们只有密钥。请为该账号配置 NOPASSWD，或改用密码登录`,
      `sudo wants the password of account ${account} (${said}), and we hold a key only. Give the account NOPASSWD in sudoers, or log in by password`,
    ),
  );
}
