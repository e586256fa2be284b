import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAgent } from '../../scripts/build-agent-package.mjs';
import { BuiltInPackages } from '../../src/packages/built-in-packages.js';
import { Package } from '../../src/packages/package.entity.js';
import { PackageNotFoundError } from '../../src/packages/package.errors.js';
import { PackageStore } from '../../src/packages/package-store.js';
import { BUILT_IN, PackagesService } from '../../src/packages/packages.service.js';
import { type ApiResponse, startApi, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { aName } from '../support/factories.js';
import { aPackageArchive, sha256 } from '../support/package-archive.js';

let api: TestApi;
let token: string;
let operatorToken: string;

const tokenOf = async (client: { post: TestApi['admin']['post'] }): Promise<string> =>
  (await client.post('/api/auth/tokens/', { name: 'packages' })).body.data.token;

beforeAll(async () => {
  api = await startApi({ maxPackageMib: 2 });
  token = await tokenOf(api.admin);
  operatorToken = await tokenOf(await api.userWith({ 1: 'operator' }));
});
afterAll(() => api.close());

const folder = () => join(api.dataDir, 'packages');
const unnamedFiles = async () => (await readdir(folder())).filter((name) => name.startsWith('.'));

async function send(form: RequestInit['body'], headers: Record<string, string> = {}, bearer = token) {
  const response = await fetch(`${api.url}/api/packages/`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${bearer}`, ...headers },
  });
  return { status: response.status, body: (await response.json()) as ApiResponse['body'] };
}
const upload = (bytes: Buffer, fileName = 'any name.tgz', bearer = token) => {
  const form = new FormData();
  form.set('note', 'ignored');
  form.set('file', new Blob([new Uint8Array(bytes)]), fileName);
  return send(form, {}, bearer);
};
const download = (file: string, init: RequestInit = {}) => fetch(`${api.url}/download/${file}`, init);
/** By their hash: Jest takes a second to compare large buffers. */
const hashOf = async (response: Response) => sha256(Buffer.from(await response.arrayBuffer()));

describe('POST packages', () => {
  it('takes a package, names its file itself, and answers what it is', async () => {
    const name = aName('probe');
    const bytes = await aPackageArchive({ name });
    const { status, body } = await upload(bytes, '../../evil.sh');
    const file_name = `${name}-1.0.0-linux-x86_64.tgz`;
    expect(status).toBe(200);
    expect(body.data).toEqual({
      id: expect.any(Number),
      ...{ name, version: '1.0.0', os: 'linux', arch: 'x86_64' },
      file_name,
      download_path: `/download/${file_name}`,
      size: bytes.length,
      sha256: sha256(bytes),
      uploaded_by: 'admin',
      created_time: expect.stringMatching(/Z$/),
    });
    expect(await readFile(join(folder(), file_name))).toEqual(bytes);
    expect(await unnamedFiles()).toEqual([]);
    expect((await api.admin.get('/api/packages/?page_size=1')).body.data).toMatchObject({
      items: [body.data],
      page: 1,
    });
  });

  it('takes the same bytes again as the same package, and brings back a file that was lost', async () => {
    const bytes = await aPackageArchive({ name: aName('again') });
    const first = (await upload(bytes)).body.data;
    await rm(join(folder(), first.file_name));
    expect((await upload(bytes)).body.data).toEqual(first);
    expect(await readFile(join(folder(), first.file_name))).toEqual(bytes);
  });

  it('refuses other bytes under the same name, version, os and arch', async () => {
    const name = aName('other');
    const first = await aPackageArchive({ name }, 10);
    const { file_name } = (await upload(first)).body.data;
    const { status, body } = await upload(await aPackageArchive({ name }, 10));
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['file']]);
    expect(await readFile(join(folder(), file_name))).toEqual(first);
    expect((await upload(await aPackageArchive({ name, version: '1.0.1' }))).status).toBe(200);
  });

  it('lets one of many win, and all of them when they are the same', async () => {
    const [racing, same] = [aName('race'), await aPackageArchive({ name: aName('same') })];
    const archives = await Promise.all(Array.from({ length: 4 }, () => aPackageArchive({ name: racing }, 10)));
    const answers = await Promise.all(archives.map((bytes) => upload(bytes)));
    expect(answers.map(({ body }) => body.code).sort()).toEqual(['OK', ...Array(3).fill('VALIDATE_ERROR')]);
    const won = answers.find(({ body }) => body.code === 'OK')!.body.data;
    expect(sha256(await readFile(join(folder(), won.file_name)))).toBe(won.sha256);
    const ids = await Promise.all(Array.from({ length: 4 }, async () => (await upload(same)).body.data.id));
    expect(new Set(ids).size).toBe(1);
  });

  it('refuses what is no package, and leaves nothing of it', async () => {
    const truncated = (await aPackageArchive({ name: aName('cut') }, 1000)).subarray(0, -100);
    for (const bytes of [
      Buffer.from('hello'),
      Buffer.alloc(0),
      truncated,
      await aPackageArchive({ version: '../x' }),
    ]) {
      const { status, body } = await upload(bytes);
      expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['file']]);
    }
    expect(await unnamedFiles()).toEqual([]);
  });

  it('stops at the size that is allowed, and still answers', async () => {
    const { status, body } = await upload(await aPackageArchive({ name: aName('big') }, 20 * 1024 ** 2));
    expect([status, body.code, body.messages.file]).toEqual([
      400,
      'VALIDATE_ERROR',
      [expect.stringContaining('2 MiB')],
    ]);
    expect(await unnamedFiles()).toEqual([]);
  });

  it('refuses bodies that are no form with a file', async () => {
    const empty = new FormData();
    empty.set('note', 'no file');
    expect((await send(empty)).body).toMatchObject({
      code: 'VALIDATE_ERROR',
      messages: { file: [expect.any(String)] },
    });
    expect((await send('{}', { 'content-type': 'application/json' })).body.code).toBe('FORM_VALIDATE_ERROR');
    expect((await send(new URLSearchParams({ file: 'x' }))).body.code).toBe('FORM_VALIDATE_ERROR');
    expect((await send('x', { 'content-type': 'multipart/form-data' })).body.code).toBe('FORM_VALIDATE_ERROR');
    const cut = multipart(await aPackageArchive({ name: aName('no-end') })).subarray(0, -4);
    expect((await send(new Uint8Array(cut), { 'content-type': MULTIPART })).body.code).toBe('FORM_VALIDATE_ERROR');
    expect(await unnamedFiles()).toEqual([]);
  });

  it('leaves nothing of an upload whose client went away', async () => {
    const body = multipart(await aPackageArchive({ name: aName('gone') }, 500_000));
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /api/packages/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${MULTIPART}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.subarray(0, 300_000));
    await eventually(async () => (await unnamedFiles()).length === 1);
    socket.destroy();
    await eventually(async () => (await unnamedFiles()).length === 0);
  });

  it('is for administrators', async () => {
    const bytes = await aPackageArchive({ name: aName('no') }, 100_000);
    expect((await upload(bytes, 'x', operatorToken)).body.code).toBe('PERMISSION_DENIED');
    expect((await upload(bytes, 'x', 'nobody')).body.code).toBe('UNAUTHORIZED');
  });
});

const MULTIPART = 'multipart/form-data; boundary=xyz';
const multipart = (bytes: Buffer) =>
  Buffer.concat([
    Buffer.from('--xyz\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'),
    bytes,
    Buffer.from('\r\n--xyz--\r\n'),
  ]);

describe('GET and DELETE packages', () => {
  it('lists newest first, in pages', async () => {
    const names = [aName('page'), aName('page'), aName('page')];
    for (const name of names) await upload(await aPackageArchive({ name }));
    const { data } = (await api.admin.get('/api/packages/?page=2&page_size=2')).body;
    expect(data.items[0].name).toBe(names[0]);
    expect(data.count).toBeGreaterThanOrEqual(3);
    expect(data.previous).toContain('page=1');
  });

  it('deletes row and file, for administrators only', async () => {
    const { id, file_name } = (await upload(await aPackageArchive({ name: aName('bye') }))).body.data;
    const operator = await api.userWith({ 1: 'operator' });
    expect((await operator.get('/api/packages/')).status).toBe(200);
    expect((await operator.delete(`/api/packages/${id}/`)).body.code).toBe('PERMISSION_DENIED');
    expect((await api.admin.delete(`/api/packages/${id}/`)).body).toMatchObject({ code: 'OK', data: null });
    expect((await api.admin.delete(`/api/packages/${id}/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect(await readdir(folder())).not.toContain(file_name);
    expect((await download(file_name)).status).toBe(404);
  });
});

describe('GET /download', () => {
  let bytes: Buffer;
  let file: string;
  let etag: string;
  beforeAll(async () => {
    bytes = await aPackageArchive({ name: aName('dl+x') }, 300_000);
    file = (await upload(bytes)).body.data.file_name;
    etag = `"${sha256(bytes)}"`;
  });

  it('serves the file to anyone, with its checksum', async () => {
    const response = await download(file);
    expect(response.status).toBe(200);
    expect(await hashOf(response)).toBe(sha256(bytes));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/gzip',
      'content-length': String(bytes.length),
      'accept-ranges': 'bytes',
      'x-checksum-sha256': sha256(bytes),
      etag,
    });
    expect(response.headers.get('content-encoding')).toBeNull();
  });

  it('answers HEAD with the same headers and no body', async () => {
    const response = await download(file, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(response.headers.get('etag')).toBe(etag);
    expect(await response.text()).toBe('');
  });

  it('resumes', async () => {
    const response = await download(file, { headers: { range: 'bytes=1000-', 'if-range': etag } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes 1000-${bytes.length - 1}/${bytes.length}`);
    expect(await hashOf(response)).toBe(sha256(bytes.subarray(1000)));
    expect(await hashOf(await download(file, { headers: { range: 'bytes=-10' } }))).toBe(sha256(bytes.subarray(-10)));
    const changed = await download(file, { headers: { range: 'bytes=1000-', 'if-range': '"other"' } });
    expect([changed.status, await hashOf(changed)]).toEqual([200, sha256(bytes)]);
  });

  it('refuses a range behind the end', async () => {
    const response = await download(file, { headers: { range: `bytes=${bytes.length}-` } });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
  });

  it('answers 304 to who has it', async () => {
    const response = await download(file, { headers: { 'if-none-match': etag } });
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([304, etag, '']);
  });

  it.each(['nothing.tgz', '..%2f..%2fetc%2fpasswd', '%2e%2e', '%00', 'x'.repeat(3000)])('knows no %s', async (name) => {
    const response = await download(name);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ result: false, code: 'OBJECT_NOT_EXIST', data: null });
  });

  it('serves nothing that is in the folder but not in the table', async () => {
    await writeFile(join(folder(), 'stray.tgz'), 'x');
    expect((await download('stray.tgz')).status).toBe(404);
  });

  it('goes on after clients that went away', async () => {
    for (let i = 0; i < 5; i++) {
      const abort = new AbortController();
      const response = await download(file, { signal: abort.signal });
      await response.body!.getReader().read();
      abort.abort();
    }
    expect(await hashOf(await download(file))).toBe(sha256(bytes));
  });
});

describe('built-in packages', () => {
  let source: string;
  beforeEach(async () => {
    source = await mkdtemp(join(tmpdir(), 'nodeman-built-in-'));
  });
  afterEach(() => rm(source, { recursive: true }));

  const builtIn = () =>
    new BuiltInPackages(api.app.get(PackagesService), api.app.get(PackageStore), ['/nowhere', source]);
  const rowsOf = (name: string) => api.dataSource.manager.findBy(Package, { name });

  it('come in at each start, once, also when several start together', async () => {
    const name = aName('own');
    const bytes = await aPackageArchive({ name });
    await writeFile(join(source, 'any.tgz'), bytes);
    await writeFile(join(source, 'module.js'), 'no package');
    await Promise.all([builtIn().sync(), builtIn().sync(), builtIn().sync()]);
    await builtIn().sync();
    expect(await rowsOf(name)).toEqual([expect.objectContaining({ sha256: sha256(bytes), uploadedBy: BUILT_IN })]);
    expect(await hashOf(await download(`${name}-1.0.0-linux-x86_64.tgz`))).toBe(sha256(bytes));
    expect(await unnamedFiles()).toEqual([]);
  });

  it('are our own agent, for each architecture that the build makes', async () => {
    for (const arch of ['x86_64', 'aarch64']) {
      const { file, bytes } = await packAgent(arch);
      await writeFile(join(source, file), bytes);
      await builtIn().sync();
      expect(await hashOf(await download(file))).toBe(sha256(bytes));
      await expect(api.app.get(PackagesService).pick({ os: 'linux', arch })).resolves.toMatchObject({ fileName: file });
    }
  });

  it('are replaced by the ones of a newer build', async () => {
    const name = aName('own');
    await writeFile(join(source, 'a.tgz'), await aPackageArchive({ name }, 10));
    await builtIn().sync();
    const newer = await aPackageArchive({ name }, 10);
    await writeFile(join(source, 'a.tgz'), newer);
    await builtIn().sync();
    expect(await rowsOf(name)).toEqual([expect.objectContaining({ sha256: sha256(newer) })]);
    expect((await download(`${name}-1.0.0-linux-x86_64.tgz`)).headers.get('x-checksum-sha256')).toBe(sha256(newer));
  });

  it("never replace a user's package, and one that is broken keeps no other away", async () => {
    const [mine, good] = [aName('mine'), aName('good')];
    const bytes = await aPackageArchive({ name: mine }, 10);
    await upload(bytes);
    await writeFile(join(source, 'a.tgz'), 'broken');
    await writeFile(join(source, 'b.tgz'), await aPackageArchive({ name: mine }, 10));
    await writeFile(join(source, 'c.tgz'), await aPackageArchive({ name: good }));
    await builtIn().sync();
    expect(await rowsOf(mine)).toEqual([expect.objectContaining({ sha256: sha256(bytes), uploadedBy: 'admin' })]);
    expect(await rowsOf(good)).toHaveLength(1);
  });

  it('sweep away what killed processes left a day ago, and no upload that is under way', async () => {
    await writeFile(join(folder(), '.incoming-old'), 'x');
    await utimes(join(folder(), '.incoming-old'), new Date(0), new Date(0));
    await writeFile(join(folder(), '.incoming-new'), 'x');
    await builtIn().onApplicationBootstrap();
    expect(await unnamedFiles()).toEqual(['.incoming-new']);
    await rm(join(folder(), '.incoming-new'));
  });
});

describe('picking a package', () => {
  it('takes the newest for the target, its own architecture first, or the version that is named', async () => {
    const name = aName('pick');
    const kinds: Record<string, string>[] = [
      { version: '1.9.0' },
      { version: '1.10.0-rc.1' },
      { version: '1.10.0', arch: 'any' },
      { version: '1.10.0' },
      { version: '2.0.0', arch: 'aarch64' },
      { version: '3.0.0', os: 'aix' },
    ];
    for (const kind of kinds) await upload(await aPackageArchive({ name, ...kind }));
    const packages = api.app.get(PackagesService);
    const pick = async (wanted: { arch: string; version?: string }) => {
      const { version, arch } = await packages.pick({ name, os: 'linux', ...wanted });
      return `${version} ${arch}`;
    };
    expect(await pick({ arch: 'x86_64' })).toBe('1.10.0 x86_64');
    expect(await pick({ arch: 'x86_64', version: '1.9.0' })).toBe('1.9.0 x86_64');
    expect(await pick({ arch: 'aarch64' })).toBe('2.0.0 aarch64');
    expect(await pick({ arch: 'riscv64' })).toBe('1.10.0 any');
    await expect(pick({ arch: 'x86_64', version: '9' })).rejects.toThrow(PackageNotFoundError);
    await expect(packages.pick({ name, os: 'windows', arch: 'x86_64' })).rejects.toThrow(PackageNotFoundError);
  });
});
