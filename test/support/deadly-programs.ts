import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetBench } from './target-bench.js';

export interface DeadlyPrograms {
  readonly PATH: string;
  /** From now on the n-th call by this process group kills it. */
  readonly arm: (pgid: number, nth: number) => void;
  /** Whether nobody was killed yet. */
  readonly isLeft: () => boolean;
}

/** Stand-ins for the programs that change files: the n-th call by a session kills the session, before anything is done. */
export function deadlyPrograms(bench: TargetBench): DeadlyPrograms {
  const bin = bench.toolbox('true');
  const [count, victim] = [join(bench.base, 'count'), join(bench.base, 'victim')];
  for (const name of ['cp', 'ln', 'mkdir', 'mv', 'rm', 'setsid', 'env']) {
    const lines = [
      '#!/bin/sh',
      `{ read -r stat </proc/$$/stat; read -r left <${count}; read -r victim <${victim}; } 2>/dev/null`,
      'group=${stat##*") "}; group=${group#* }; group=${group#* }; group=${group%% *}',
      `if [ "$group" = "$victim" ]; then left=$((left - 1)); echo $left >${count}; [ $left -gt 0 ] || kill -9 -$group; fi`,
      `exec /usr/bin/${name} "$@"`,
    ];
    writeFileSync(join(bin, name), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
  return {
    PATH: `${bin}:${process.env.PATH}`,
    arm: (pgid, nth) => {
      writeFileSync(count, `${nth}\n`);
      writeFileSync(victim, `${pgid}\n`);
    },
    isLeft: () => Number(readFileSync(count, 'utf8')) > 0,
  };
}
