import { ValidateError } from '../common/errors/app-error.js';
import { parseOrder } from './host-order.js';

describe('parseOrder', () => {
  it('knows both directions', () => {
    expect(parseOrder('inner_ip')).toEqual({ name: 'inner_ip', column: 'inner_ip', type: 'inet', direction: 'ASC' });
    expect(parseOrder('-version')).toMatchObject({ column: 'agent_version', direction: 'DESC' });
  });

  it.each(['', '-', '--id', 'password', 'id; DROP TABLE hosts', 'constructor', '__proto__', 'ID'])(
    'refuses %j',
    (name) => {
      expect(() => parseOrder(name)).toThrow(ValidateError);
    },
  );
});
