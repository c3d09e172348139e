/** Calls about weights and quotas. */
import { asks, showing } from '@meseta/daemon';
import {
  quotaStatus,
  removeQuota,
  seenWeights,
  setQuota,
  updateQuota,
  updateWeights,
} from '../../../operator/index.ts';
import type { MasterOperatorCall } from '../call.ts';

/** The operator calls about weights, quotas and roles. */
export const settingCalls = {
  GET_WEIGHTS: showing(['VIEW_ROLE'], ({ master }, see) => ({
    type: 'GET_WEIGHTS',
    get_weights: { weight_infos: seenWeights(master, see) },
  })),
  UPDATE_WEIGHTS: {
    needs: 'update_weights',
    access: asks('UPDATE_WEIGHT', (_, { update_weights }) =>
      (update_weights?.weight_infos ?? []).map(weight_info => ({ weight_info })),
    ),
    answer: async ({ master }, { update_weights }) => {
      await updateWeights(master, update_weights?.weight_infos ?? []);
      return undefined;
    },
  },
  GET_QUOTA: showing(['GET_QUOTA'], ({ master }, see) => ({
    type: 'GET_QUOTA',
    get_quota: { status: quotaStatus(master, see) },
  })),
  UPDATE_QUOTA: {
    needs: 'update_quota',
    access: asks('UPDATE_QUOTA_WITH_CONFIG', (_, { update_quota }) =>
      (update_quota?.quota_configs ?? []).map(quota_config => ({ quota_config })),
    ),
    answer: async ({ master }, { update_quota: { quota_configs = [], force = false } = {} }) => {
      await updateQuota(master, quota_configs, force);
      return undefined;
    },
  },
  SET_QUOTA: {
    needs: 'set_quota',
    access: asks('UPDATE_QUOTA', (_, { set_quota }) => [{ quota_info: set_quota?.quota_request ?? {} }]),
    answer: async ({ master }, { set_quota }) => {
      await setQuota(master, set_quota?.quota_request ?? {});
      return undefined;
    },
  },
  REMOVE_QUOTA: {
    needs: 'remove_quota',
    access: asks('UPDATE_QUOTA', (_, { remove_quota }) => [{ quota_info: { role: remove_quota?.role ?? '' } }]),
    answer: async ({ master }, { remove_quota }) => {
      await removeQuota(master, remove_quota?.role ?? '');
      return undefined;
    },
  },
} as const satisfies Record<string, MasterOperatorCall>;
