import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Env } from '../../env/env.js';

type Handler = (message: string) => void;

/**
 * Redis, which rings and counts but keeps nothing that matters: every call fails within a second when it is away.
 * Channels and keys carry `REDIS_PREFIX`.
 */
@Injectable()
export class RedisService implements OnModuleDestroy {
  private readonly logger = new Logger(RedisService.name);
  private readonly handlers = new Map<string, Set<Handler>>();
  private subscriber: Redis | undefined;
  private isDown = false;

  /** For short commands. Key names are to start with `key('…')`. */
  readonly client: Redis;

  constructor(private readonly env: Env) {
    this.client = this.connect({ commandTimeout: 1_000, maxRetriesPerRequest: 1, enableOfflineQueue: false });
  }

  key(name: string): string {
    return `${this.env.redisPrefix}:${name}`;
  }

  /** Tells all processes. Resolves to false, never throws, when Redis is away: whoever listens looks by itself too. */
  async publish(channel: string, message: string): Promise<boolean> {
    try {
      await this.client.publish(this.key(channel), message);
      return true;
    } catch {
      return false;
    }
  }

  /** Calls `handler` for each message until the returned function is called. */
  subscribe(channel: string, handler: Handler): () => void {
    const name = this.key(channel);
    const handlers = this.handlers.get(name) ?? new Set<Handler>();
    handlers.add(handler);
    this.handlers.set(name, handlers);
    if (handlers.size === 1)
      this.listen()
        .subscribe(name)
        .catch(() => this.logger.debug(`will subscribe to ${channel} later`));
    return () => {
      handlers.delete(handler);
      if (handlers.size > 0 || this.handlers.get(name) !== handlers) return;
      this.handlers.delete(name);
      this.subscriber?.unsubscribe(name).catch(() => undefined);
    };
  }

  onModuleDestroy(): void {
    this.client.disconnect();
    this.subscriber?.disconnect();
  }

  private listen(): Redis {
    if (this.subscriber) return this.subscriber;
    // ioredis subscribes again by itself after a reconnect.
    this.subscriber = this.connect({ maxRetriesPerRequest: null, autoResubscribe: true });
    this.subscriber.on('message', (channel: string, message: string) => {
      for (const handler of this.handlers.get(channel) ?? []) handler(message);
    });
    return this.subscriber;
  }

  private connect(options: object): Redis {
    const redis = new Redis(this.env.redisUrl!, {
      ...options,
      connectTimeout: 2_000,
      retryStrategy: (times: number) => Math.min(times * 100, 2_000),
    });
    redis.on('error', (error: Error) => {
      if (!this.isDown) this.logger.warn(`Redis is away, work goes on by timers: ${error.message}`);
      this.isDown = true;
    });
    redis.on('ready', () => {
      if (this.isDown) this.logger.log('Redis is back');
      this.isDown = false;
    });
    return redis;
  }
}
