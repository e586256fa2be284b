import type { Rule } from './rule.js';

/** Every cause that we know by its signs; the first that fits is taken. */
export const RULES: readonly Rule[] = [];
