/** Published by the API: a JSON list of the ids of hosts whose agent has confirmed a run, said goodbye, come back, or taken or ended a command. */
export const AGENTS_CHANNEL = 'agents';
