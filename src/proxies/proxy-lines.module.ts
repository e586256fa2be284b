import { Module } from '@nestjs/common';
import { SshModule } from '../ssh/ssh.module.js';
import { ProxiesModule } from './proxies.module.js';
import { ProxyLines } from './proxy-lines.js';
import { ProxyLogin } from './proxy-login.js';

/** Ways through proxies, for workers. */
@Module({ imports: [ProxiesModule, SshModule], providers: [ProxyLogin, ProxyLines], exports: [ProxyLines] })
export class ProxyLinesModule {}
