import { FakeSshSession } from '../../../test/support/fake-ssh.js';
import type { RunFailure } from '../run.failures.js';
import { elevate } from './elevation.js';

const { signal } = new AbortController();
const LOOK = 'sudo -n true';
const TRY = 'sudo -S -p "" true';
const WANTS_PASSWORD = { code: 1, stderr: 'sudo: a password is required\n' };

const failureOf = (session: FakeSshSession, password: string | null = 'pw') =>
  elevate(session, 'ann', password, signal).then(
    () => Promise.reject(new Error('it did not fail')),
    (error: RunFailure) => error,
  );

describe('becoming root', () => {
  it('needs nothing for root', async () => {
    const elevation = await elevate(new FakeSshSession(), 'root', 'pw', signal);
    expect([elevation.command('id'), elevation.preamble]).toEqual(['exec sh -c id', '']);
  });

  it('needs nothing for another account with uid 0', async () => {
    const elevation = await elevate(new FakeSshSession().onExec(LOOK, { code: 10 }), 'toor', 'pw', signal);
    expect(elevation.command('id')).toBe('exec sh -c id');
  });

  it('uses sudo without a password where that is allowed', async () => {
    const session = new FakeSshSession().onExec(LOOK, { code: 0 });
    const elevation = await elevate(session, 'ann', 'pw', signal);
    expect([elevation.command('a b'), elevation.preamble]).toEqual([`exec sudo -n sh -c 'a b'`, '']);
    expect(session.execs.every(({ stdin }) => stdin === '')).toBe(true);
  });

  it('gives sudo the password once, on stdin', async () => {
    const session = new FakeSshSession().onExec(LOOK, WANTS_PASSWORD).onExec(TRY, { code: 0 });
    const elevation = await elevate(session, 'ann', 'p$w', signal);
    expect([elevation.command('id'), elevation.preamble]).toEqual([`exec sudo -S -p '' sh -c id`, 'p$w\n']);
    expect(session.execs.map(({ stdin }) => stdin)).toEqual(['', 'p$w\n']);
    expect(session.execs.map(({ command }) => command).join()).not.toContain('p$w');
  });

  it('is SSH_WRONG_PASSWORD when sudo refuses it, after one try, and does not repeat it', async () => {
    const said = 'Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt pw-1234\n';
    const session = new FakeSshSession().onExec(LOOK, WANTS_PASSWORD).onExec(TRY, { code: 1, stderr: said });
    const failure = await failureOf(session, 'pw-1234');
    expect(failure).toMatchObject({ errCode: 'SSH_WRONG_PASSWORD', name: 'LoginFailure' });
    expect(failure.clues.evidence).toEqual({
      command: 'sudo -S true',
      exitCode: 1,
      output: ['Sorry, try again.', 'sudo: no password was provided', 'sudo: 1 incorrect password attempt ******'],
    });
    expect(session.execs).toHaveLength(2);
  });

  it('is COMMAND_NOT_FOUND where there is no sudo', async () => {
    expect(await failureOf(new FakeSshSession().onExec(LOOK, { code: 11 }))).toMatchObject({
      errCode: 'COMMAND_NOT_FOUND',
    });
  });

  it.each(['ann is not in the sudoers file.', 'Sorry, user ann may not run sudo on web1.'])(
    'says so: %s',
    async (stderr) => {
      const session = new FakeSshSession().onExec(LOOK, WANTS_PASSWORD).onExec(TRY, { code: 1, stderr });
      expect(await failureOf(session)).toMatchObject({
        errCode: 'INSTALL_FAILED',
        message: 'Account ann cannot become root by sudo',
        clues: { evidence: { output: [stderr] } },
      });
    },
  );

  it('does not try a password that we do not hold', async () => {
    expect(await failureOf(new FakeSshSession().onExec(LOOK, WANTS_PASSWORD), null)).toMatchObject({
      errCode: 'NOT_SUPPORT_AUTH_WAY',
      message: 'sudo wants the password of account ann, and we hold a key only',
      clues: { evidence: { command: 'sudo -n true', exitCode: 1, output: ['sudo: a password is required'] } },
    });
  });
});
