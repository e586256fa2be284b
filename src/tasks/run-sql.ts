/**
 * Pieces of SQL that every transition of a run is made of. Each transition is one statement, so that no reader ever
 * sees a run and its host's copy of it disagree.
 */

/**
 * Copies the state of the runs in `rows` (a CTE of whole job_hosts rows) to their hosts. A host whose last run is
 * another one keeps that one's; runs of UPDATE_AUTHINFO are no host's last run. Hosts are locked in order of id, so
 * that two statements over the same hosts wait for each other, and do not deadlock.
 */
export function copyToHosts(rows: string): string {
  return `UPDATE hosts h
    SET job_status = r.status, job_err_code = r.err_code, job_err_desc = r.err_desc, job_step = r.step
    FROM (SELECT l.id AS locked_id, e.* FROM hosts l JOIN ${rows} e ON e.host_id = l.id AND e.id = l.run_id
          ORDER BY l.id FOR NO KEY UPDATE OF l) r
    WHERE h.id = r.locked_id`;
}

/** Appends `text` (SQL of jsonb {zh, en}) as the last line to the log of each run in `rows`. */
export function logEnding(rows: string, text: string): string {
  return `INSERT INTO run_logs (run_id, at, step, en, zh)
    SELECT r.id, clock_timestamp(), r.step, ${text} ->> 'en', ${text} ->> 'zh' FROM ${rows} r`;
}

/** A run that nobody works on: its worker died, or handed it back. */
export const IS_LEFT = `status = 'RUNNING' AND lease_expires_at < now()`;

/** How many workers a run may lose before it ends. */
export const MOST_LOSSES = 3;
