import {
  FormValidateError,
  ObjectNotExistError,
  PermissionDeniedError,
  UnauthorizedError,
  ValidateError,
} from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

/** One sentence for a wrong name, a wrong password and a locked user: a stranger learns nothing about who exists. */
export class BadLoginError extends UnauthorizedError {
  constructor() {
    super(new Text('用户名或密码错误', 'The user name or the password is wrong'));
  }
}

export class WrongOldPasswordError extends ValidateError {
  constructor() {
    super({ old_password: [new Text('原密码错误', 'This is not your present password')] });
  }
}

export class UsernameTakenError extends ValidateError {
  constructor(username: string) {
    super({ username: [new Text(`用户名 ${username} 已存在`, `There is a user named ${username} already`)] });
  }
}

/** A role was given in a business that does not exist. */
export class RoleBusinessNotFoundError extends ValidateError {
  constructor() {
    super({ roles: [new Text('包含不存在的业务', 'One of the businesses does not exist')] });
  }
}

export class DuplicateRoleError extends ValidateError {
  constructor(businessId: number) {
    super({
      roles: [
        new Text(`业务 ${businessId} 重复`, `Business ${businessId} is given twice; a user has one role in each`),
      ],
    });
  }
}

/** Without an administrator nobody could ever make one again. */
export class LastAdministratorError extends FormValidateError {
  constructor() {
    super(
      new Text(
        '这是最后一个可用的管理员，不能删除、锁定或取消其管理员权限',
        'This is the last administrator that is not locked: it cannot be deleted, locked or demoted',
      ),
    );
  }
}

export class UserNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('用户不存在', 'The user does not exist'));
  }
}

export class ApiTokenNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('令牌不存在', 'The token does not exist'));
  }
}

export class EverlastingTokenError extends PermissionDeniedError {
  constructor() {
    super(new Text('只有管理员可以创建永不过期的令牌', 'Only administrators may make tokens that never expire'));
  }
}

export class TooManyTokensError extends FormValidateError {
  constructor(max: number) {
    super(
      new Text(
        `每个用户最多拥有 ${max} 个令牌，请先删除不用的令牌`,
        `A user may have at most ${max} tokens; delete one that is not used any more`,
      ),
    );
  }
}
