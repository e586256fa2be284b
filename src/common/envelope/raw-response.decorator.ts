import { SetMetadata } from '@nestjs/common';

export const RAW_RESPONSE = 'nodeman:raw-response';

/** Opts a route out of the success envelope: downloads, event streams, metrics, probes. Refusals stay enveloped. */
export const RawResponse = (): MethodDecorator & ClassDecorator => SetMetadata(RAW_RESPONSE, true);
