import { nginxSetting } from './nginx.setting.js';
import type { SettingDefinition } from './setting-definition.js';
import { timeoutSetting } from './timeout.setting.js';

/** Every setting that operators may edit. */
export const SETTINGS: readonly SettingDefinition<object>[] = [nginxSetting, timeoutSetting];

export const SETTING_KEYS: readonly string[] = SETTINGS.map(({ key }) => key);
