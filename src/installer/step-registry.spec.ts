import type { Step } from '../common/vocabulary/steps.js';
import { PIPELINES, pipelineOf } from './pipelines.js';
import { StepRegistry } from './step-registry.js';
import type { InstallStep } from './step.js';

const DIRECT: Step[] = [
  ...(['INIT', 'SSH_LOGIN', 'INSTALL_DEP', 'DOWNLOAD_FILE', 'EXECUTE_SCRIPT'] as const),
  ...(['SCRIPT_DONE', 'REGISTER_CMDB', 'WAIT_AGENT'] as const),
];
const BEHIND_PROXY: Step[] = [
  ...(['INIT', 'CREATE_JOB_SCRIPT', 'SSH_LOGIN', 'EXECUTE_JOB'] as const),
  ...(['SCRIPT_DONE', 'REGISTER_CMDB', 'WAIT_AGENT'] as const),
];
const NEEDED: Step[] = [...new Set([...DIRECT, ...BEHIND_PROXY])];
const named = (name: Step) => ({ name }) as InstallStep;

describe('StepRegistry', () => {
  it('is content with one provider for each step that a pipeline in use names', () => {
    expect(new StepRegistry(NEEDED.map(named)).get('WAIT_AGENT')).toEqual({ name: 'WAIT_AGENT' });
  });

  it('names every step that has none, or more than one', () => {
    const steps = [...NEEDED.filter((name) => name !== 'WAIT_AGENT' && name !== 'INIT'), 'SSH_LOGIN' as const].map(
      named,
    );
    expect(() => new StepRegistry(steps)).toThrow(
      /SSH_LOGIN has more than one provider; INIT has no provider; WAIT_AGENT has no provider/,
    );
  });
});

describe('the pipelines', () => {
  it('leave a host alone that was only looked at', () => {
    for (const nodeType of ['AGENT', 'PROXY', 'PAGENT'] as const) {
      expect(pipelineOf({ opType: 'REMOVE', nodeType, isCandidate: true }).steps).toEqual(['INIT']);
    }
    expect(pipelineOf({ opType: 'INSTALL', nodeType: 'AGENT', isCandidate: true }).steps).toEqual(DIRECT);
  });

  it('are those of docs/architecture.md', () => {
    for (const opType of ['INSTALL', 'REINSTALL'] as const) {
      expect(pipelineOf({ opType, nodeType: 'AGENT' }).steps).toEqual(DIRECT);
      expect(pipelineOf({ opType, nodeType: 'PROXY' }).steps).toEqual(DIRECT);
      expect(pipelineOf({ opType, nodeType: 'PAGENT' }).steps).toEqual(BEHIND_PROXY);
    }
    expect(pipelineOf({ opType: 'UNINSTALL', nodeType: 'AGENT' }).steps).toEqual([
      ...['INIT', 'SSH_LOGIN', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT'],
    ]);
  });

  it('all begin with INIT, name no step twice, and never an end', () => {
    for (const { steps } of Object.values(PIPELINES).flatMap((byNode) => Object.values(byNode))) {
      expect(steps[0]).toBe('INIT');
      expect(new Set(steps).size).toBe(steps.length);
      expect(steps.filter((step) => step.startsWith('OVER_'))).toEqual([]);
    }
  });

  it('spare a host that cannot be reached only when it is removed', () => {
    for (const [opType, byNode] of Object.entries(PIPELINES)) {
      for (const { sparesUnreachable } of Object.values(byNode)) expect(sparesUnreachable).toBe(opType === 'REMOVE');
    }
  });

  it('have no work for UPDATE_AUTHINFO', () => {
    expect(() => pipelineOf({ opType: 'UPDATE_AUTHINFO', nodeType: 'AGENT' })).toThrow(/never queued/);
  });
});
