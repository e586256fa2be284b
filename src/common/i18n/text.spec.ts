import { negotiateLocale } from './text.js';

describe('negotiateLocale', () => {
  it.each([
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['en', 'en'],
    ['en-GB,en;q=0.9,zh;q=0.8', 'en'],
    ['fr, zh-TW;q=0.5, en;q=0.4', 'zh-CN'],
    ['zh;q=0, en;q=0.1', 'en'],
    ['fr', 'zh-CN'],
    ['*', 'zh-CN'],
    [';;;q=,,,', 'zh-CN'],
  ] as const)('takes %j to be %s', (header, locale) => {
    expect(negotiateLocale(header, 'zh-CN')).toBe(locale);
  });
});
