import { randomBytes } from 'node:crypto';
import { newSshKeyPair } from '../../src/common/crypto/openssh-key.js';

export interface LabAccount {
  readonly name: string;
  readonly password: string;
  readonly sudo: 'password' | 'nopasswd' | 'none';
  /** `/nonexistent`: it has none. */
  readonly home: string;
  readonly shell: string;
}

export interface LabHostOptions {
  /** More accounts than the usual three: `ops` (sudo with password), `auto` (sudo without), `plain` (no sudo). */
  readonly accounts?: readonly (Partial<LabAccount> & { readonly name: string })[];
  /** Lines of sshd_config that win over the usual ones. */
  readonly sshd?: readonly string[];
  /** Default: 12 random letters. */
  readonly rootPassword?: string;
  /** Size of its disk, which is memory; default 256. */
  readonly diskMib?: number;
}

/** One cable: the host's end, and the address on it. */
export interface LabLink {
  /** `eth0` */
  readonly name: string;
  readonly bridge: string;
  /** Name of the other end. */
  readonly peer: string;
  readonly address: string;
  readonly gateway: string | null;
}

/** Everything that a host is to be, before it is. */
export interface LabHostPlan {
  readonly name: string;
  readonly rootPassword: string;
  readonly accounts: readonly LabAccount[];
  readonly privateKey: string;
  readonly publicKey: string;
  readonly hostPrivateKey: string;
  readonly hostPublicKey: string;
  readonly sshd: readonly string[];
  readonly diskMib: number;
  readonly links: readonly LabLink[];
}

const USUAL_ACCOUNTS: NonNullable<LabHostOptions['accounts']> = [
  { name: 'ops', sudo: 'password' },
  { name: 'auto', sudo: 'nopasswd' },
  { name: 'plain', sudo: 'none' },
];

export function planHost(name: string, links: readonly LabLink[], options: LabHostOptions): LabHostPlan {
  const login = newSshKeyPair();
  const host = newSshKeyPair();
  const accounts = [...USUAL_ACCOUNTS, ...(options.accounts ?? [])].map((account) => ({
    password: randomPassword(),
    sudo: 'none' as const,
    home: `/home/${account.name}`,
    shell: '/bin/bash',
    ...account,
  }));
  return {
    name,
    rootPassword: options.rootPassword ?? randomPassword(),
    accounts,
    privateKey: login.privateKey,
    publicKey: login.publicKey,
    hostPrivateKey: host.privateKey,
    hostPublicKey: host.publicKey,
    sshd: options.sshd ?? [],
    diskMib: options.diskMib ?? 256,
    links,
  };
}

function randomPassword(): string {
  return randomBytes(9).toString('base64url');
}
