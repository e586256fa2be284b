/** Published by the API: a JSON list of the ids of hosts whose agent has confirmed a run, said goodbye, or come back. */
export const AGENTS_CHANNEL = 'agents';
