export function agentScript(options?: { compact?: boolean }): Promise<string>;
export function agentBootstrap(): Promise<string>;
export function writeAgentScript(): Promise<void>;
