import { UnauthorizedError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

/** The token is of no host: it was revoked, replaced, or never given. */
export class UnknownAgentError extends UnauthorizedError {
  constructor() {
    super(new Text('Agent令牌无效', 'The token of the agent is not valid'));
  }
}
