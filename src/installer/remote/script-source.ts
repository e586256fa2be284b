import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';

/** What goes over a session. */
export interface ScriptText {
  /** One line for `sh -c`, with `@NONCE@` where the nonce goes. */
  bootstrap: string;
  /** The remote script. */
  script: string;
}

const BUILT = fileURLToPath(new URL('../../agent/', import.meta.url));
const BUILDER = new URL('../../../scripts/build-agent-script.mjs', import.meta.url).href;

interface Builder {
  agentScript(): Promise<string>;
  agentBootstrap(): Promise<string>;
}

/** The text of the remote script: what the build wrote, or the source where nothing was built, as under test. Read once. */
@Injectable()
export class ScriptSource {
  private text: Promise<ScriptText> | undefined;

  read(): Promise<ScriptText> {
    this.text ??= this.load().catch((error: unknown) => {
      this.text = undefined;
      throw error;
    });
    return this.text;
  }

  private async load(): Promise<ScriptText> {
    if (existsSync(BUILT)) {
      const [bootstrap, script] = await Promise.all(
        ['bootstrap.sh', 'install.sh'].map((name) => readFile(`${BUILT}${name}`, 'utf8')),
      );
      return { bootstrap: bootstrap!.trim(), script: script! };
    }
    const builder = (await import(BUILDER)) as Builder;
    return { bootstrap: await builder.agentBootstrap(), script: await builder.agentScript() };
  }
}
