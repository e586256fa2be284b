import { ValidateError } from '../common/errors/app-error.js';
import { nginxSetting } from './nginx.setting.js';

const refusalOf = (form: Record<string, unknown>) => {
  try {
    nginxSetting.parse(form);
  } catch (error) {
    if (error instanceof ValidateError) return Object.keys(error.messages);
    throw error;
  }
  throw new Error('the form was taken');
};

describe('the nginx setting', () => {
  it('takes addresses, bracketed IPv6 and names, trims blanks and drops repeats', () => {
    expect(
      nginxSetting.parse({ inner_ip: ' 10.0.0.1:80 , [FD00::1]:8080,,files.example.com:443,10.0.0.1:80 ' }),
    ).toEqual({
      inner: ['10.0.0.1:80', '[fd00::1]:8080', 'files.example.com:443'],
      outer: [],
    });
  });

  it('takes the later spelling of its fields, and prefers its own', () => {
    expect(nginxSetting.parse({ inner_url: '10.0.0.1:80', outer_url: '1.1.1.1:80', outer_ip: '2.2.2.2:80' })).toEqual({
      inner: ['10.0.0.1:80'],
      outer: ['2.2.2.2:80'],
    });
    expect(nginxSetting.parse({ inner_ip: '', inner_url: '10.0.0.1:80' }).inner).toEqual(['10.0.0.1:80']);
  });

  it.each([
    ['no port', '10.0.0.1'],
    ['port 0', '10.0.0.1:0'],
    ['port 65536', '10.0.0.1:65536'],
    ['a short address', '10.1:80'],
    ['a leading zero', '10.0.0.01:80'],
    ['bare IPv6', 'fd00::1:80'],
    ['a URL', 'http://10.0.0.1:80'],
    ['a blank inside', '10.0.0.1 :80'],
    ['seventeen addresses', Array.from({ length: 17 }, (_, i) => `10.0.0.${i}:80`).join(',')],
    ['a list', ['10.0.0.1:80']],
    ['a number', 5],
  ])('refuses %s, naming the field that was sent', (_what, value) => {
    expect(refusalOf({ inner_ip: value })).toEqual(['inner_ip']);
    expect(refusalOf({ outer_url: value })).toEqual(['outer_url']);
  });

  it('names every wrong field at once', () => {
    expect(refusalOf({ inner_ip: 'x', outer_ip: 'y' })).toEqual(['inner_ip', 'outer_ip']);
  });

  it.each([[{}], [{ inner_ip: '' }], [{ inner_ip: ' , ', outer_ip: null }]])(
    'refuses a form without any address: %j',
    (form) => {
      expect(refusalOf(form)).toEqual(['inner_ip', 'outer_ip']);
    },
  );

  it('is shown as comma-separated text', () => {
    expect(nginxSetting.toFields({ inner: ['a:1', 'b:2'], outer: [] })).toEqual({ inner_ip: 'a:1,b:2', outer_ip: '' });
  });
});
