import type { Duplex } from 'node:stream';
import type { SshError } from './ssh.errors.js';

/** What we log in with; one of the two, as the operator gave it. */
export type SshAuth = { type: 'PASSWORD'; password: string } | { type: 'KEY'; key: string };

/** Where to log in, and as whom. */
export interface SshTarget {
  /** An IPv4 or IPv6 address; names are not resolved. */
  address: string;
  port: number;
  account: string;
  auth: SshAuth;
  /** The type of the host key pinned earlier, for example `ssh-ed25519`: the server must show one of that type. */
  pinnedKeyType?: string;
  /** A connected stream to use in place of TCP: a channel through a proxy. */
  sock?: Duplex;
}

/** The key that a server showed, before anything is known about it. */
export interface PresentedHostKey {
  /** For example `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  type: string;
  /** Base64 of the key blob, as in `known_hosts`. */
  publicKey: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  fingerprint: string;
}

export interface ConnectOptions {
  /** Aborting it ends the attempt at once; `connect` then rejects with the signal's reason. */
  signal: AbortSignal;
  /** For TCP alone. */
  connectTimeoutMs: number;
  /** From TCP being up to being logged in. */
  loginTimeoutMs: number;
  /**
   * Asked before any authentication. `false` ends the attempt with kind `host-key-changed`; an error that it throws is
   * what `connect` rejects with.
   */
  verifyHostKey: (key: PresentedHostKey) => Promise<boolean>;
  /** Silence after which the host is asked whether it is there; default 10 000 ms. */
  keepaliveIntervalMs?: number;
  /** Unanswered questions after which the session counts as lost; default 3. */
  keepaliveMisses?: number;
}

export interface ExecOptions {
  /** Written whole, then EOF. Without it the command sees EOF at once. Secrets go here, never into the command. */
  stdin?: string | Buffer;
  signal: AbortSignal;
  /** From the request to the end of the command; the error's kind is `exec-timeout`. */
  timeoutMs: number;
  /** For stdout and stderr each; what is beyond it is dropped, and `truncated` is set. Default 1 MiB. */
  maxOutputBytes?: number;
}

/** A command that ended. A non-zero code is a result, not an error. */
export interface ExecResult {
  /** Null when a signal ended the command. */
  code: number | null;
  /** For example `SIGKILL`; null when the command exited. */
  signal: string | null;
  stdout: string;
  stderr: string;
  truncated: boolean;
}

export type OutputStream = 'stdout' | 'stderr';

export interface OpenOptions {
  /**
   * Called for each line, without its line ending; bytes that are no UTF-8 are replaced, what is beyond 8 KiB of a line
   * is cut off. Control characters are as the host sent them. Must not throw.
   */
  onLine: (line: string, stream: OutputStream) => void;
  /** Aborting it closes the channel at once and rejects `closed` with the signal's reason. The remote command may live on. */
  signal: AbortSignal;
  /** For both streams together; lines beyond it are dropped and counted. Default 16 MiB. */
  maxOutputBytes?: number;
  /** Lines of stdout that start with this still come when the limit is passed: the markers of a protocol. */
  alwaysPrefix?: string;
}

export interface ForwardOptions {
  /** Aborting it gives the attempt up and rejects with the signal's reason. What is open already is not touched. */
  signal: AbortSignal;
  /** From the request to the host's answer, which comes when it has connected to the target, or could not. */
  timeoutMs: number;
}

/** How a remote command ended: by exit code, or by signal; one of the two is null. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** A command that runs on the host, and talks in lines. */
export interface RemoteProcess {
  /** Sends `line` and a line feed. @throws SshError of kind `lost` when the channel is closed. */
  write(line: string): void;
  /** Sends EOF on the command's stdin. */
  end(): void;
  /** Closes the channel without waiting. Without a pty the command and its children live on, unless they watch stdin. */
  close(): void;
  /** Bytes of output that were dropped: cut off lines, and all beyond the limit. */
  readonly droppedBytes: number;
  /**
   * Settles when the command ended and every line was handed out. Rejects with an SshError of kind `lost` when the
   * session or the channel broke before the command told how it ended. May be left unobserved.
   */
  readonly closed: Promise<ProcessEnd>;
}

/** One logged-in connection. */
export interface SshSession {
  /** The key that the host proved to have. */
  readonly hostKey: PresentedHostKey;
  /** The server's software, for example `OpenSSH_9.2p1`; hostile text. */
  readonly serverVersion: string;
  /**
   * Runs a command to its end. The text is read by the account's login shell: `quote` every argument.
   * @throws SshError of kind `lost`, `exec-timeout` or `other`; the signal's reason when that aborts
   */
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  /** Starts a command and returns once the server has taken it. @throws as `exec` */
  open(command: string, options: OpenOptions): Promise<RemoteProcess>;
  /**
   * Connects to an address as the host sees it, and returns the connection: a channel of this session (direct-tcpip).
   * When the session is over, the stream is destroyed with the reason as its error.
   * @throws SshError of kind `forward-refused` when the host does not forward, `forward-failed` when it could not
   *   connect, `connect-timeout` when it did not say in time, `lost` or `silent`; the signal's reason when that aborts
   */
  forward(address: string, port: number, options: ForwardOptions): Promise<Duplex>;
  /** Ends the session; resolves when the connection is gone. Never throws; may be called again. */
  close(): Promise<void>;
  /** Resolves when the session is over: null when `close` ended it, else why it was lost. Never rejects. */
  readonly closed: Promise<SshError | null>;
}
