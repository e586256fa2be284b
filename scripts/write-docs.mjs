/** Writes the pages that are made from tables in the source; run after `npm run build`. */
import { writeFileSync } from 'node:fs';
import { describeErrors } from '../dist/common/vocabulary/errors-doc.js';
import { describeEnv } from '../dist/env/env.js';
import { RULES } from '../dist/installer/diagnosis/rules.js';

const write = (path, text) => writeFileSync(new URL(`../${path}`, import.meta.url), text);

write('.env.example', describeEnv());
write('docs/errors.md', describeErrors(RULES));
