import {
  FormValidateError,
  NginxSettingError,
  ObjectNotExistError,
  ValidateError,
} from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { SETTING_KEYS } from './settings.registry.js';

/** Nobody has set it, and it has no default. */
export class SettingNotSetError extends ObjectNotExistError {
  constructor(key: string) {
    super(new Text(`配置 ${key} 尚未设置`, `The setting ${key} has not been set`));
  }
}

export class UnknownSettingError extends ValidateError {
  constructor() {
    const keys = SETTING_KEYS.join(', ');
    super({ key: [new Text(`请选择：${keys}`, `Choose one of: ${keys}`)] });
  }
}

/** The operation needs servers that the `nginx` setting does not name. */
export class NginxNotSetError extends NginxSettingError {
  constructor(side: 'inner' | 'outer') {
    super(
      new Text(
        `请先配置 nginx 的 ${side}_ip（POST /api/config/kv/）`,
        `Set ${side}_ip of nginx first (POST /api/config/kv/)`,
      ),
    );
  }
}

export class FormExpectedError extends FormValidateError {
  constructor() {
    super(new Text('请求体应为键值对', 'The body has to be an object or a form'));
  }
}
