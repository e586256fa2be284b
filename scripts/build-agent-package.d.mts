export function packAgent(
  arch: string,
  edit?: (path: string, text: string) => string,
  os?: string,
): Promise<{ file: string; bytes: Buffer }>;
