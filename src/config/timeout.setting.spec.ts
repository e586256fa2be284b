import { ValidateError } from '../common/errors/app-error.js';
import { timeoutSetting } from './timeout.setting.js';

describe('the timeout setting', () => {
  it.each([
    [60, 60],
    ['86400', 86400],
    [' 200 ', 200],
  ])('takes %j', (timeout, seconds) => expect(timeoutSetting.parse({ timeout })).toEqual({ seconds }));

  it.each([59, 86401, '59', '1e3', '200.5', 200.5, '', '-200', true, null, undefined, ['200'], {}])(
    'refuses %j',
    (timeout) => expect(() => timeoutSetting.parse({ timeout })).toThrow(ValidateError),
  );

  it('is 180 seconds until it is set, and shown as text', () => {
    expect(timeoutSetting.toFields(timeoutSetting.defaultValue!)).toEqual({ timeout: '180' });
  });
});
