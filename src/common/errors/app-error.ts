import type { ErrorCode } from './error-code.js';
import { Text } from '../i18n/text.js';

/** What `messages` of a refusal is made of: texts, in lists and objects of any depth. */
export type MessageTree = Text | readonly MessageTree[] | { readonly [key: string]: MessageTree };

/** A refusal: the request, or the state it met, is at fault, and the caller is told why. Bugs stay plain `Error`s. */
export abstract class AppError extends Error {
  abstract readonly code: ErrorCode;

  constructor(
    readonly text: Text,
    readonly messages: MessageTree = {},
  ) {
    super(text.en);
    this.name = new.target.name;
  }
}

/** No login, or one that is not good. */
export class UnauthorizedError extends AppError {
  readonly code = 'UNAUTHORIZED';
  constructor(text = new Text('请先登录', 'Log in first')) {
    super(text);
  }
}

export class PermissionDeniedError extends AppError {
  readonly code = 'PERMISSION_DENIED';
  constructor(text = new Text('没有权限执行该操作', 'You are not allowed to do this')) {
    super(text);
  }
}

export class MethodNotAllowedError extends AppError {
  readonly code = 'METHOD_NOT_ALLOWED';
  /** @param allowed what the `Allow` header says, for example `GET, POST` */
  constructor(readonly allowed: string) {
    super(new Text(`不允许的请求方法，允许：${allowed}`, `Method not allowed; allowed: ${allowed}`));
  }
}

export class ObjectNotExistError extends AppError {
  readonly code = 'OBJECT_NOT_EXIST';
  constructor(text = new Text('请求对象不存在', 'The object does not exist')) {
    super(text);
  }
}

/** Fields are wrong; `messages` says which. */
export class ValidateError extends AppError {
  readonly code = 'VALIDATE_ERROR';
  constructor(messages: MessageTree) {
    super(new Text('参数校验失败', 'Some fields are not valid'), messages);
  }

  /** One field, one complaint. */
  static of(field: string, complaint: Text): ValidateError {
    return new ValidateError({ [field]: [complaint] });
  }
}

/** The request as a whole is wrong. */
export class FormValidateError extends AppError {
  readonly code = 'FORM_VALIDATE_ERROR';
  constructor(text: Text) {
    super(text, { non_field_errors: [text] });
  }
}

export class NginxSettingError extends AppError {
  readonly code = 'NGINX_SETTING_ERROR';
}

/** A remote HTTP service could not be reached or timed out. */
export class RemoteCallError extends AppError {
  readonly code = 'REMOTE_CALL_ERROR';
}

/** A remote component answered, and refused or made no sense. */
export class ComponentCallError extends AppError {
  readonly code = 'COMPONENT_CALL_ERROR';
}

/** A dependency that nothing works without is down. */
export class FatalError extends AppError {
  readonly code = 'FATAL_ERROR';
}

export class TooManyRequestsError extends AppError {
  readonly code = 'TOO_MANY_REQUESTS';
  constructor(readonly retryAfterSeconds: number) {
    super(
      new Text(
        `请求过于频繁，请在 ${retryAfterSeconds} 秒后重试`,
        `Too many requests; try again in ${retryAfterSeconds} seconds`,
      ),
    );
  }
}
