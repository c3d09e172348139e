import type { OperatorApi } from '@meseta/daemon';

/** Mesos's words for an agent's refusals. */
export const apiWords: OperatorApi<never, never, never>['words'] = {
  protobuf: 'Failed to parse body into a protobuf object',
  json: 'Failed to parse body into JSON: ',
  conversion: '',
  validation: 'Failed to validate agent::Call: ',
};
