import type { BusinessRole } from './user-role.entity.js';

/** What a caller showed to be let in. */
export interface Credential {
  /** Null: an API token. */
  readonly sessionId: number | null;
  /** Null: never. */
  readonly expiresAt: Date | null;
}

/** Who makes a request, with the rights that the database gave at its start. */
export class Caller {
  /** @param roles by business id; an administrator has none and needs none */
  constructor(
    readonly id: number,
    readonly username: string,
    readonly isAdmin: boolean,
    readonly roles: ReadonlyMap<number, BusinessRole> = new Map(),
    readonly credential: Credential = { sessionId: null, expiresAt: null },
  ) {}

  /** What the caller is in a business; null: a stranger. An administrator is one in every business. */
  roleIn(businessId: number): 'admin' | BusinessRole | null {
    if (this.isAdmin) return 'admin';
    return this.roles.get(businessId) ?? null;
  }

  /** Whether the caller may do in a business what `needed` may. */
  may(needed: BusinessRole, businessId: number): boolean {
    const role = this.roleIn(businessId);
    return role === 'admin' || role === 'operator' || (role !== null && role === needed);
  }

  /** Ids of the businesses that the caller may look into, ascending. */
  visibleBusinessIds(): number[] | 'all' {
    if (this.isAdmin) return 'all';
    return [...this.roles.keys()].sort((a, b) => a - b);
  }
}
