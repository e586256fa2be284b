import { FormValidateError, ObjectNotExistError, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

export class CloudNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('云区域不存在', 'The cloud does not exist'));
  }
}

export class CloudNameTakenError extends ValidateError {
  constructor() {
    super({ bk_cloud_name: [new Text('云区域名称已存在', 'The name of the cloud is taken')] });
  }
}

/** Cloud 0 is part of every installation. */
export class DirectCloudProtectedError extends FormValidateError {
  constructor() {
    super(new Text('直连区域不能修改或删除', 'The direct cloud cannot be renamed or deleted'));
  }
}

/** Hosts keep a cloud; some are named, of those that the caller may see. */
export class CloudNotEmptyError extends FormValidateError {
  constructor(addresses: readonly string[]) {
    const named = addresses.join(', ');
    super(
      named === ''
        ? new Text('云区域下还有其他业务的主机，不能删除', 'Other businesses have hosts in this cloud')
        : new Text(`云区域下还有主机，不能删除：${named}`, `The cloud still has hosts: ${named}`),
    );
  }
}
