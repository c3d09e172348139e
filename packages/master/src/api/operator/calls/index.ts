import { commonCalls } from '@meseta/daemon';
import type { MasterCallTable } from '../call.ts';
import { agentCalls } from './agents.ts';
import { maintenanceCalls } from './maintenance.ts';
import { resourceCalls } from './resources.ts';
import { settingCalls } from './settings.ts';
import { stateCalls } from './state.ts';

/** Every call of the master's operator API. SUBSCRIBE needs to know the encoding: the endpoint adds it. */
export const masterCalls: Omit<MasterCallTable, 'SUBSCRIBE'> = {
  ...commonCalls,
  ...stateCalls,
  ...settingCalls,
  ...maintenanceCalls,
  ...resourceCalls,
  ...agentCalls,
};
