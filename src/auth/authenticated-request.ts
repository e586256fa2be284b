import type { Request } from 'express';
import type { Caller } from './caller.js';

/** A request that has passed the guard. */
export interface AuthenticatedRequest extends Request {
  /** Absent on public routes. */
  caller?: Caller;
  /** The checked `:bk_biz_id`; absent on routes without one. */
  businessId?: number;
}
