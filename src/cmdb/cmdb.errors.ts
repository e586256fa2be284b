import { FormValidateError, ObjectNotExistError, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

export class BusinessNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('业务不存在', 'The business does not exist'));
  }
}

export class SetNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('大区不存在', 'The set does not exist'));
  }
}

export class ModuleNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('模块不存在', 'The module does not exist'));
  }
}

/** A machine cannot be registered: there is nothing of the business that it could land in. */
export class NoPlaceForMachineError extends ObjectNotExistError {
  constructor() {
    super(
      new Text(
        '业务不存在，或其空闲机池中没有空闲机模块',
        'The business does not exist, or its idle pool has no module for new machines',
      ),
    );
  }
}

/** @param field the wire name of the field that holds the name */
export class NameTakenError extends ValidateError {
  constructor(field: 'ApplicationName' | 'SetName' | 'ModuleName') {
    super({ [field]: [new Text('该名称已存在', 'The name is taken')] });
  }
}

/** Jobs are history that is not thrown away with a business. */
export class BusinessInUseError extends FormValidateError {
  constructor(by: 'hosts' | 'jobs') {
    super(
      by === 'hosts'
        ? new Text(
            '业务下还有主机，不能删除；刚移除的主机会保留 24 小时',
            'The business has hosts, or had until a day ago',
          )
        : new Text('业务下有任务记录，不能删除', 'The business has jobs on record'),
    );
  }
}

export class ResourcePoolProtectedError extends FormValidateError {
  constructor() {
    super(new Text('资源池业务不能删除', 'The resource pool cannot be deleted'));
  }
}

export class IdlePoolProtectedError extends FormValidateError {
  constructor() {
    super(new Text('空闲机池及其模块不能修改或删除', 'The idle pool and its modules cannot be changed or deleted'));
  }
}
