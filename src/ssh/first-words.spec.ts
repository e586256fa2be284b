import { PassThrough } from 'node:stream';
import { FirstWords } from './first-words.js';

/** Reads as ssh2 does: from within a promise. */
async function heard(...chunks: (string | Buffer)[]): Promise<{ words: string; read: string }> {
  const sock = new PassThrough();
  const words = new FirstWords(sock);
  sock.write(chunks[0]);
  let read = '';
  await Promise.resolve().then(() => sock.on('data', (chunk: Buffer) => (read += chunk.toString('latin1'))));
  for (const chunk of chunks.slice(1)) sock.write(chunk);
  sock.end();
  await new Promise((resolve) => sock.once('end', resolve));
  return { words: words.text(), read };
}

describe('FirstWords', () => {
  it('hears why a server turns us away, and takes nothing from the reader', async () => {
    expect(await heard('Exceeded ', 'MaxStartups\r\n')).toEqual({
      words: 'Exceeded MaxStartups',
      read: 'Exceeded MaxStartups\r\n',
    });
  });

  it('has nothing to tell of a server that speaks SSH', async () => {
    const { words, read } = await heard('SSH-2.0-OpenSSH_9.2\r\n', Buffer.from([0, 1, 2]));
    expect([words, read.length]).toEqual(['', 24]);
  });

  it('keeps what comes before the version', async () => {
    expect((await heard('Welcome\r\nSSH-2.0-x\r\n')).words).toBe('Welcome');
  });

  it('does not listen for ever', async () => {
    expect((await heard('a'.repeat(300), 'b'.repeat(100_000), 'c')).words).toHaveLength(500);
  });
});
