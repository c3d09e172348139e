/** Calls about weights and quotas. */
import { quotaStatus, removeQuota, setQuota, updateQuota, updateWeights, weights } from '../../../operator/index.ts';
import type { MasterOperatorCall } from '../call.ts';

export const settingCalls = {
  GET_WEIGHTS: {
    answer: ({ master }) => ({ type: 'GET_WEIGHTS', get_weights: { weight_infos: weights(master) } }),
  },
  UPDATE_WEIGHTS: {
    needs: 'update_weights',
    answer: async ({ master }, { update_weights }) => {
      await updateWeights(master, update_weights?.weight_infos ?? []);
      return undefined;
    },
  },
  GET_QUOTA: { answer: ({ master }) => ({ type: 'GET_QUOTA', get_quota: { status: quotaStatus(master) } }) },
  UPDATE_QUOTA: {
    needs: 'update_quota',
    answer: async ({ master }, { update_quota: { quota_configs = [], force = false } = {} }) => {
      await updateQuota(master, quota_configs, force);
      return undefined;
    },
  },
  SET_QUOTA: {
    needs: 'set_quota',
    answer: async ({ master }, { set_quota }) => {
      await setQuota(master, set_quota?.quota_request ?? {});
      return undefined;
    },
  },
  REMOVE_QUOTA: {
    needs: 'remove_quota',
    answer: async ({ master }, { remove_quota }) => {
      await removeQuota(master, remove_quota?.role ?? '');
      return undefined;
    },
  },
} as const satisfies Record<string, MasterOperatorCall>;
