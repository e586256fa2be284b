import { InitialSchema1700000000000 } from './1700000000000-initial-schema.js';
import { ClosedAreas1700000001000 } from './1700000001000-closed-areas.js';

/** All migrations, oldest first. */
export const MIGRATIONS = [InitialSchema1700000000000, ClosedAreas1700000001000];
