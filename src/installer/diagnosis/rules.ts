import { ACCOUNT_RULES } from './account-rules.js';
import { AREA_RULES } from './area-rules.js';
import { CONNECTION_RULES, PROTOCOL_RULES } from './connection-rules.js';
import { DISK_RULES } from './disk-rules.js';
import { DOWNLOAD_RULES, NETWORK_RULES } from './download-rules.js';
import { LOGIN_RULES, SHELL_RULES } from './login-rules.js';
import { PACKAGE_RULES, PACKAGE_SOURCE_RULES } from './package-rules.js';
import { PLATFORM_RULES } from './platform-rules.js';
import type { Rule } from './rule.js';
import { REPORT_RULES, SERVICE_RULES } from './service-rules.js';
import { TIMEOUT_RULES } from './timeout-rules.js';

/**
 * Every cause that we know by its signs; the first that fits is taken. So the most telling come first: a disk that is
 * full explains the broken download, not the other way round.
 */
export const RULES: readonly Rule[] = [
  ...AREA_RULES,
  ...PROTOCOL_RULES,
  ...LOGIN_RULES,
  ...ACCOUNT_RULES,
  ...DISK_RULES,
  ...PLATFORM_RULES,
  ...PACKAGE_RULES,
  ...NETWORK_RULES,
  ...PACKAGE_SOURCE_RULES,
  ...SERVICE_RULES,
  ...DOWNLOAD_RULES,
  ...REPORT_RULES,
  ...CONNECTION_RULES,
  ...SHELL_RULES,
  ...TIMEOUT_RULES,
];
