import { answerDownload } from './download-answer.js';

const SIZE = 1000;
const ETAG = '"abc"';
const answer = (conditions: Parameters<typeof answerDownload>[2]) => answerDownload(SIZE, ETAG, conditions);
const whole = { status: 200, start: 0, end: 999 };

describe('what a download is answered with', () => {
  it.each([
    ['bytes=0-0', { status: 206, start: 0, end: 0 }],
    ['bytes=100-', { status: 206, start: 100, end: 999 }],
    ['bytes=100-5000', { status: 206, start: 100, end: 999 }],
    ['bytes=-100', { status: 206, start: 900, end: 999 }],
    ['bytes=-5000', { status: 206, start: 0, end: 999 }],
    ['bytes=1000-', { status: 416 }],
    ['bytes=-0', { status: 416 }],
    ['bytes=5-2', whole],
    ['bytes=0-1,5-6', whole],
    ['bytes=-', whole],
    ['bytes=a-b', whole],
    ['lines=1-2', whole],
  ])('Range: %s', (range, expected) => expect(answer({ range })).toEqual(expected));

  it.each([[ETAG], ['*'], [`"x", ${ETAG}`], [`W/${ETAG}`]])('If-None-Match: %s is answered 304', (ifNoneMatch) =>
    expect(answer({ ifNoneMatch, range: 'bytes=0-1' })).toEqual({ status: 304 }),
  );

  it('goes on when If-None-Match names other files', () => expect(answer({ ifNoneMatch: '"x"' })).toEqual(whole));

  it('gives the range only of the file that If-Range names', () => {
    expect(answer({ range: 'bytes=0-1', ifRange: ETAG })).toMatchObject({ status: 206 });
    expect(answer({ range: 'bytes=0-1', ifRange: '"x"' })).toEqual(whole);
    expect(answer({ range: 'bytes=0-1', ifRange: 'Sat, 01 Jan 2026 00:00:00 GMT' })).toEqual(whole);
  });

  it('has no range of an empty file', () =>
    expect(answerDownload(0, ETAG, { range: 'bytes=0-' })).toEqual({ status: 416 }));
});
