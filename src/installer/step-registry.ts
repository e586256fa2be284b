import { Inject, Injectable } from '@nestjs/common';
import type { Step } from '../common/vocabulary/steps.js';
import { PIPELINES } from './pipelines.js';
import { INSTALL_STEPS, type InstallStep } from './step.js';

/** The steps by name. It is made at boot, and refuses to be made when a pipeline names a step that is not there. */
@Injectable()
export class StepRegistry {
  private readonly steps = new Map<Step, InstallStep>();

  /** @throws Error naming every step with no provider, or with more than one */
  constructor(@Inject(INSTALL_STEPS) steps: readonly InstallStep[]) {
    const problems: string[] = [];
    for (const step of steps) {
      if (this.steps.has(step.name)) problems.push(`${step.name} has more than one provider`);
      this.steps.set(step.name, step);
    }
    for (const name of stepsInUse()) {
      if (!this.steps.has(name)) problems.push(`${name} has no provider`);
    }
    if (problems.length > 0) throw new Error(`The pipelines cannot be run: ${problems.join('; ')}`);
  }

  get(name: Step): InstallStep {
    const step = this.steps.get(name);
    if (!step) throw new Error(`No step is called ${name}`);
    return step;
  }
}

function stepsInUse(): Set<Step> {
  const pipelines = Object.values(PIPELINES).flatMap((byNode) => Object.values(byNode));
  return new Set(pipelines.flatMap(({ steps }) => steps));
}
