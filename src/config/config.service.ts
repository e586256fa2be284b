import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { FormExpectedError, NginxNotSetError, SettingNotSetError, UnknownSettingError } from './config.errors.js';
import { type NginxSetting, nginxSetting } from './nginx.setting.js';
import type { FormFields, SettingDefinition } from './setting-definition.js';
import { Setting } from './setting.entity.js';
import { SETTINGS } from './settings.registry.js';
import { timeoutSetting } from './timeout.setting.js';

/** What operators have set for the whole installation. Each read is one indexed row, so a change holds at once everywhere. */
@Injectable()
export class ConfigService {
  constructor(@InjectRepository(Setting) private readonly settings: Repository<Setting>) {}

  /** The `nginx` setting; null when nobody has set it. */
  async nginx(): Promise<NginxSetting | null> {
    return this.read(nginxSetting);
  }

  /** The servers for hosts of cloud 0 (`inner`) or for proxies (`outer`), in order. @throws NginxNotSetError when there are none. */
  async requireNginx(side: 'inner' | 'outer'): Promise<readonly string[]> {
    const servers = (await this.nginx())?.[side] ?? [];
    if (servers.length === 0) throw new NginxNotSetError(side);
    return servers;
  }

  /** How long a host's whole run may take, in seconds. */
  async timeoutSeconds(): Promise<number> {
    return (await this.read(timeoutSetting))!.seconds;
  }

  /**
   * A setting as clients see it.
   * @throws UnknownSettingError
   * @throws SettingNotSetError
   */
  async get(key: unknown): Promise<Record<string, string>> {
    const definition = definitionOf(key);
    const value = await this.read(definition);
    if (value === null) throw new SettingNotSetError(definition.key);
    return definition.toFields(value);
  }

  /**
   * Stores the setting that a form names in `key`, whole: a field that is not given becomes empty. Returns it as clients see it.
   * @throws UnknownSettingError
   * @throws ValidateError naming each wrong field
   */
  async set(form: unknown, username: string): Promise<Record<string, string>> {
    const fields = fieldsOf(form);
    const definition = definitionOf(fields['key']);
    const value = definition.parse(fields);
    await this.settings.upsert({ key: definition.key, value, updatedBy: username, updatedAt: new Date() }, ['key']);
    return definition.toFields(value);
  }

  private async read<Value>({ key, defaultValue }: SettingDefinition<Value>): Promise<Value | null> {
    const row = await this.settings.findOneBy({ key });
    return row ? (row.value as Value) : defaultValue;
  }
}

function definitionOf(key: unknown): SettingDefinition<object> {
  const wanted = typeof key === 'string' ? key.trim() : key;
  const definition = SETTINGS.find((candidate) => candidate.key === wanted);
  if (!definition) throw new UnknownSettingError();
  return definition;
}

/** No body at all is a form without fields; a list or a bare value is no form. */
function fieldsOf(form: unknown): FormFields {
  if (form === undefined || form === null) return {};
  if (typeof form !== 'object' || Array.isArray(form)) throw new FormExpectedError();
  return form as FormFields;
}
