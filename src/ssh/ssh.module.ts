import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HostKey } from './host-key.entity.js';
import { HostKeysService } from './host-keys.service.js';
import { SshService } from './ssh.service.js';

/** SSH sessions, and the keys that hosts are held to. */
@Module({
  imports: [TypeOrmModule.forFeature([HostKey])],
  providers: [SshService, HostKeysService],
  exports: [SshService, HostKeysService],
})
export class SshModule {}
