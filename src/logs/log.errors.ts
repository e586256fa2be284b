import { ObjectNotExistError, TooManyRequestsError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

/** The host has had no job, or no part in the one that is asked for. */
export class NoLogError extends ObjectNotExistError {
  constructor() {
    super(new Text('不存在任何日志信息', 'There is no log'));
  }
}

/** This process follows as many logs for people as it may. */
export class TooManyStreamsError extends TooManyRequestsError {
  constructor() {
    super(15);
  }
}
