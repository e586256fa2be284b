import { Injectable } from '@nestjs/common';
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, register } from 'prom-client';
import { RedisService } from '../common/redis/redis.service.js';

type Metric = MetricObjectWithValues<MetricValue<string>>;

/** A worker that tells nothing for so long is gone. */
const KEPT_FOR_SECONDS = 20;
/** What is about a single process, such as its memory, would make no sense as a sum. */
const OURS = /^nodeman_(?!http_)/;

/**
 * What workers have done and hold, summed over all of them, so that one scrape of the API shows the whole. It passes
 * through Redis and is gone with it: each worker's own port tells the same for that worker alone.
 */
@Injectable()
export class WorkerMetrics {
  constructor(private readonly redis: RedisService) {}

  /** @param worker a name that no other process has */
  async share(worker: string): Promise<void> {
    const metrics = (await register.getMetricsAsJSON()).filter(({ name }) => OURS.test(name));
    await this.redis.client
      .multi()
      .set(this.keyOf(worker), JSON.stringify(metrics), 'EX', KEPT_FOR_SECONDS)
      .sadd(this.index, worker)
      .exec();
  }

  /** In the Prometheus text format; empty when there is no worker, or no Redis. */
  async summed(): Promise<string> {
    const shared = await this.collect().catch(() => []);
    return shared.length > 0 ? AggregatorRegistry.aggregate(shared).metrics() : '';
  }

  private async collect(): Promise<Metric[][]> {
    const workers = await this.redis.client.smembers(this.index);
    if (workers.length === 0) return [];
    const texts = await this.redis.client.mget(workers.map((worker) => this.keyOf(worker)));
    const gone = workers.filter((_, place) => texts[place] === null);
    if (gone.length > 0) await this.redis.client.srem(this.index, gone);
    return texts.filter((text) => text !== null).map((text) => JSON.parse(text) as Metric[]);
  }

  private get index(): string {
    return this.redis.key('metrics');
  }

  private keyOf(worker: string): string {
    return this.redis.key(`metrics:${worker}`);
  }
}
