import { Module, type OnModuleInit, type Type } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { CmdbModule } from '../cmdb/cmdb.module.js';
import { ConfigModule } from '../config/config.module.js';
import { HostsModule } from '../hosts/hosts.module.js';
import { LogsModule } from '../logs/logs.module.js';
import { PackagesModule } from '../packages/packages.module.js';
import { ProxiesModule } from '../proxies/proxies.module.js';
import { ProxyLinesModule } from '../proxies/proxy-lines.module.js';
import { SshModule } from '../ssh/ssh.module.js';
import { SshService } from '../ssh/ssh.service.js';
import { RunsModule } from '../tasks/runs.module.js';
import { CancelListener } from './cancel-listener.js';
import { Dispatcher } from './dispatcher.js';
import { FileServers } from './file-servers.js';
import { InstallProcessor } from './install.processor.js';
import { InstallRunner } from './install.runner.js';
import { measureSshSessions } from './installer.metrics.js';
import { LeaseKeeper } from './lease-keeper.js';
import { PackageOrder } from './package-order.js';
import { HostLogin } from './remote/host-login.js';
import { HostRoutes } from './remote/host-routes.js';
import { RemoteHosts } from './remote/remote-host.js';
import { ScriptSource } from './remote/script-source.js';
import { RunEndings } from './run-endings.js';
import { StepRegistry } from './step-registry.js';
import { INSTALL_STEPS, type InstallStep } from './step.js';
import { CreateJobScriptStep } from './steps/create-job-script.step.js';
import { DownloadFileStep } from './steps/download-file.step.js';
import { ExecuteJobStep } from './steps/execute-job.step.js';
import { ExecuteScriptStep } from './steps/execute-script.step.js';
import { InitStep } from './steps/init.step.js';
import { InstallDepStep } from './steps/install-dep.step.js';
import { RegisterCmdbStep } from './steps/register-cmdb.step.js';
import { ScriptDoneStep } from './steps/script-done.step.js';
import { SshLoginStep } from './steps/ssh-login.step.js';
import { WaitAgentStep } from './steps/wait-agent.step.js';
import { CommandAgent } from './work/command-agent.js';
import { AgentWords } from './work/agent-words.js';
import { InstallAgent } from './work/install-agent.js';
import { Precheck } from './work/precheck.js';
import { SettleHost } from './work/settle-host.js';
import { Settlement } from './work/settlement.js';
import { UninstallAgent } from './work/uninstall-agent.js';
import { UpgradeTrial } from './work/upgrade-trial.js';
import { InstallProxy } from './work/install-proxy.js';

const STEPS: Type<InstallStep>[] = [
  InitStep,
  CreateJobScriptStep,
  SshLoginStep,
  InstallDepStep,
  DownloadFileStep,
  ExecuteScriptStep,
  ExecuteJobStep,
  ScriptDoneStep,
  RegisterCmdbStep,
  WaitAgentStep,
];

/** The worker's work. Only the worker process imports it: the API never opens an SSH session. */
@Module({
  imports: [
    RunsModule,
    LogsModule,
    AgentsModule,
    HostsModule,
    CmdbModule,
    ConfigModule,
    PackagesModule,
    ProxiesModule,
    ProxyLinesModule,
    SshModule,
  ],
  providers: [
    ...STEPS,
    { provide: INSTALL_STEPS, useFactory: (...steps: InstallStep[]) => steps, inject: STEPS },
    StepRegistry,
    FileServers,
    PackageOrder,
    AgentWords,
    InstallAgent,
    UninstallAgent,
    CommandAgent,
    Precheck,
    UpgradeTrial,
    SettleHost,
    Settlement,
    InstallProxy,
    ScriptSource,
    HostRoutes,
    HostLogin,
    RemoteHosts,
    InstallRunner,
    RunEndings,
    LeaseKeeper,
    Dispatcher,
    CancelListener,
    InstallProcessor,
  ],
})
export class InstallerModule implements OnModuleInit {
  constructor(private readonly ssh: SshService) {}

  onModuleInit(): void {
    measureSshSessions(() => this.ssh.openSessions);
  }
}
