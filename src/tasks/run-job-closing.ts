import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

const CLOSE = `
  UPDATE jobs j SET end_time = now(), status = CASE
      WHEN NOT EXISTS (SELECT FROM job_hosts r WHERE r.job_id = j.id AND r.status = 'FAILED') THEN 'SUCCESS'
      WHEN NOT EXISTS (SELECT FROM job_hosts r WHERE r.job_id = j.id AND r.status = 'SUCCESS') THEN 'FAILED'
      ELSE 'PARTIAL_SUCCESS' END
  WHERE j.status = 'RUNNING'
    AND NOT EXISTS (SELECT FROM job_hosts r WHERE r.job_id = j.id AND r.status IN ('QUEUE', 'RUNNING'))`;

/**
 * Ends jobs whose runs have all ended. It is a statement of its own, made after a run's end is committed: of two last
 * runs that end at the same moment neither sees the other's end inside its own transaction, but the later one does here.
 */
@Injectable()
export class JobClosing {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Those of `jobIds` that have nothing left to do. */
  async close(jobIds: readonly number[]): Promise<void> {
    if (jobIds.length > 0) await this.dataSource.query(`${CLOSE} AND j.id = ANY($1::int[])`, [jobIds]);
  }

  /** All that are due: a process may have died between a run's end and its job's. */
  async closeFinishedJobs(): Promise<void> {
    await this.dataSource.query(CLOSE);
  }
}
