import { pageOf } from './page.js';

describe('pageOf', () => {
  const at = (page: number, count: number, url = '/api/1/hosts/?keyword=a%20b&page=7') =>
    pageOf([], count, { page, page_size: 10 }, url);

  it('links to the pages beside it and keeps the rest of the request', () => {
    expect(at(2, 25)).toEqual({
      page: 2,
      total_page: 3,
      count: 25,
      next: '/api/1/hosts/?keyword=a+b&page=3',
      previous: '/api/1/hosts/?keyword=a+b&page=1',
      perevious: '/api/1/hosts/?keyword=a+b&page=1',
      items: [],
    });
  });

  it('has no link past either end', () => {
    expect(at(1, 10)).toMatchObject({ total_page: 1, next: null, previous: null });
    expect(at(1, 0)).toMatchObject({ total_page: 0, next: null, previous: null });
  });

  it('leads back from a page past the end to the last one', () => {
    expect(at(9, 25)).toMatchObject({ next: null, previous: '/api/1/hosts/?keyword=a+b&page=3' });
  });
});
