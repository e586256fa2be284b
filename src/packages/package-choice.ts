/** Which package is looked for; the newest version when none is named. */
export interface PackageWanted {
  name?: string;
  os: string;
  arch: string;
  version?: string;
}

/** The agent that comes with us. */
export const DEFAULT_PACKAGE_NAME = 'nodeman-agent';

/** The `arch` of a package that runs on every architecture. */
export const ANY_ARCH = 'any';
