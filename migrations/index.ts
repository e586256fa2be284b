import { InitialSchema1700000000000 } from './1700000000000-initial-schema.js';

/** All migrations, oldest first. */
export const MIGRATIONS = [InitialSchema1700000000000];
