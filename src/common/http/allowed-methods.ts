import type { Application, NextFunction, Request, RequestHandler, Response } from 'express';
import { MethodNotAllowedError } from '../errors/app-error.js';

/** The part of express's router that we read: its layers, in order. */
interface RouteLayer {
  route?: { methods: Record<string, boolean> };
  match(path: string): boolean;
}

/**
 * Runs after all routes: a path that exists under other methods is answered METHOD_NOT_ALLOWED, anything else passes on.
 * The router itself is asked, so that no second table of routes can go stale.
 */
export function methodNotAllowed(app: Application): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    const { stack } = app.router as unknown as { stack: RouteLayer[] };
    const methods = new Set<string>();
    for (const layer of stack) {
      if (!layer.route || !layer.match(request.path)) continue;
      for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
    }
    methods.delete('_ALL');
    if (methods.has('GET')) methods.add('HEAD');
    if (methods.size > 0 && !methods.has(request.method))
      throw new MethodNotAllowedError([...methods].sort().join(', '));
    next();
  };
}
