import type { Request } from 'express';

/** The part of express's router that we read: its layers, in order. */
interface RouteLayer {
  route?: { methods: Record<string, boolean> };
  match(path: string): boolean;
}

/** More than any of our paths has, fewer than HTTP knows. */
const MANY_METHODS = 10;

/**
 * The methods under which the path of a request exists, for the `Allow` header; empty when it exists under none. The
 * router itself is asked, so that no second table of routes can go stale.
 */
export function allowedMethods(request: Request): string[] {
  const { stack } = request.app.router as unknown as { stack: RouteLayer[] };
  // Not `request.path`, which is relative to the router that handles the request at the moment.
  const path = request.originalUrl.split('?', 1)[0]!;
  const methods = new Set<string>();
  for (const layer of stack) {
    if (!layer.route || !layer.match(path)) continue;
    const own = Object.keys(layer.route.methods);
    // Nest answers what it does not know by layers that take every method: those are no routes.
    if (own.length < MANY_METHODS) own.forEach((method) => methods.add(method.toUpperCase()));
  }
  methods.delete('_ALL');
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}
