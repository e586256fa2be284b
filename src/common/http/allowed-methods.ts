import type { Request } from 'express';

/** The part of express's router that we read: its layers, in order. */
interface RouteLayer {
  route?: { methods: Record<string, boolean> };
  match(path: string): boolean;
}

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
    for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
  }
  methods.delete('_ALL');
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}
