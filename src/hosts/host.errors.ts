import { ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

/** Another host of the same cloud is managed at this address. */
export class HostAddressTakenError extends ValidateError {
  constructor(address: string) {
    super({ inner_ip: [new Text(`${address} 已被其他主机占用`, `${address} belongs to another host now`)] });
  }
}
