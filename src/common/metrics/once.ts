import { register } from 'prom-client';

/** The metric of this name, made once per registry: tests start several applications in one process, and they share it. */
export function once<T>(name: string, make: (name: string) => T): T {
  return (register.getSingleMetric(name) as T | undefined) ?? make(name);
}
