import type { Faults } from './faults.js';

/** What is wrong with a host's programs. */
export interface ToolFaults {
  /** Lines of sh that run before the real program `$real`; they may exit. By the program's name. */
  wrapped: ReadonlyMap<string, readonly string[]>;
  /** Names of programs that the host does not have. */
  missing: ReadonlySet<string>;
}

const NO_SPACE = 'No space left on device';

/** The words are those of GNU's programs on a full file system: folders and contents find no room, names do. */
const ON_FULL_DISK: Readonly<Record<string, string>> = {
  mkdir: `for word; do
  case $word in -*) continue ;; esac
  [ -d "$word" ] || { echo "mkdir: cannot create directory '$word': ${NO_SPACE}" >&2; exit 1; }
done`,
  dd: `for word; do
  case $word in of=*) : >"\${word#of=}"; echo "dd: error writing '\${word#of=}': ${NO_SPACE}" >&2 ;; esac
done
printf '1+0 records in\\n0+0 records out\\n0 bytes copied, 0.000124 s, 0.0 kB/s\\n' >&2
exit 1`,
  tar: `printf 'tar: ./manifest: Cannot write: ${NO_SPACE}\\ntar: Exiting with failure status due to previous errors\\n' >&2
exit 2`,
  cp: `for word; do :; done
echo "cp: error writing '$word': ${NO_SPACE}" >&2
exit 1`,
  curl: `case "$*" in */download/*" -o "* | *" -o "*/download/*) ;; *) exec "$real" "$@" ;; esac
echo 'curl: (23) Failure writing output to destination' >&2
exit 23`,
  wget: `case "$*" in *" -O "*/download/*) ;; *) exec "$real" "$@" ;; esac
echo "Cannot write to the file (${NO_SPACE})." >&2
exit 3`,
  df: `printf 'Filesystem     1024-blocks     Used Available Capacity Mounted on\\n/dev/vda1         10240000 10240000         0     100%% /\\n'
exit`,
};

/** The file that a download was written to, by whichever option. */
const SPOILT = `case "$*" in
  */download/*)
    "$real" "$@"
    code=$?
    before=
    for word; do
      case $before in -o | -O) [ ! -f "$word" ] || printf 'one bit more' >>"$word" ;; esac
      before=$word
    done
    exit "$code" ;;
esac`;

const MUTE = (words: string, code: number): string =>
  `case "$*" in */api/agent/heartbeat*) echo '${words}' >&2; exit ${code} ;; esac`;

/**
 * `setsid` starts the agent's supervisor, in the place of this shell. The one that is to end both it and the loop must not be
 * of the session that installs: that one's end would be its own.
 */
const DIES = (afterMs: number): string => `case "$*" in
  */bin/supervise*)
    ("$real" sh -c 'sleep ${afterMs / 1000}; kill -9 "$0" "-$(cat "$NODEMAN_AGENT_HOME/run/loop.pid")"' "$$" </dev/null >/dev/null 2>&1 &) ;;
esac`;

const SKEWED = (byMs: number): string => `now=$("$real" +%s)
set -- -d "@$((now + ${Math.round(byMs / 1000)}))" "$@"`;

/** What a host's faults do to its programs. */
export function toolFaultsOf(faults: Faults): ToolFaults {
  const wrapped = new Map<string, string[]>();
  const wrap = (name: string, lines: string): void => void wrapped.set(name, [...(wrapped.get(name) ?? []), lines]);
  if (faults.has('agent-mute')) {
    wrap('curl', MUTE('curl: (28) Connection timed out after 5001 milliseconds', 28));
    wrap('wget', MUTE('Connecting to the server... failed: Connection timed out.', 4));
  }
  if (faults.has('full-disk')) for (const [name, lines] of Object.entries(ON_FULL_DISK)) wrap(name, lines);
  if (faults.has('wrong-sum')) for (const name of ['curl', 'wget']) wrap(name, SPOILT);
  const life = faults.amount('agent-dies', 10_000);
  if (life !== null) wrap('setsid', DIES(life));
  const skew = faults.amount('clock-skew', 3_600_000);
  if (skew !== null) wrap('date', SKEWED(skew));
  if (faults.has('foreign-arch')) wrap('uname', 'if [ "$*" = -m ]; then echo s390x; exit; fi');
  return { wrapped, missing: new Set(faults.has('no-curl') ? ['curl', 'wget'] : []) };
}
