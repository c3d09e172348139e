/** `/weights` and `/quota`. */
import { changes, type DaemonRoute, type PreparedChange, prepareChange, shows } from '@meseta/daemon';
import { empty, HttpError, json, type Request, type Response } from '@meseta/process';
import { excerpt, fromJson, QuotaRequest, WeightInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { quotaStatus, removeQuota, seenWeights, setQuota, updateWeights } from '../operator/index.ts';
import { bodyText, jsonp, list, messages, orRefuse, readJson, readwriteRealm } from './route.ts';

/** The maximum length of a body that an error quotes. */
const quotedLength = 500;

/** `/weights` and `/quota`. */
export function settingRoutes(context: MasterContext): DaemonRoute[] {
  return [
    {
      path: '/weights',
      realm: readwriteRealm,
      help: {
        summary: 'Shows and changes the weights of roles.',
        description: 'PUT takes a list, `[{"role": "web", "weight": 2}]`. What is set here survives the master.',
        parameters: jsonp,
        statuses: { 200: 'The weights, or nothing after PUT.', 400: 'A role or weight is invalid.' },
      },
      does: {
        GET: shows(['VIEW_ROLE'], (request, see) => json(seenWeights(context, see), request)),
        PUT: changes('UPDATE_WEIGHT', request => putWeights(context, request)),
      },
    },
    {
      path: '/quota',
      realm: readwriteRealm,
      help: {
        summary: 'Shows, sets and removes quotas of roles. Deprecated: use UPDATE_QUOTA of the operator API.',
        description:
          'POST takes `{"role": "web", "guarantee": [resources], "force": false}`. DELETE takes the role from the path, `/quota/web`.',
        parameters: jsonp,
        statuses: {
          200: 'The quotas, or nothing after POST and DELETE.',
          400: 'The request is invalid, or the role has a quota already or none.',
          409: 'The cluster does not have what would be guaranteed.',
        },
      },
      does: {
        GET: shows(['GET_QUOTA'], (request, see) => json(quotaStatus(context, see), request)),
        POST: changes('UPDATE_QUOTA', request => postQuota(context, request)),
        DELETE: changes('UPDATE_QUOTA', request => deleteQuota(context, request)),
      },
    },
  ];
}

async function putWeights(context: MasterContext, request: Request): Promise<PreparedChange<'UPDATE_WEIGHT'>> {
  const body = await bodyText(request);
  const quoted = excerpt(body, quotedLength);
  const values = readJson(body, `Failed to parse update weights request JSON '${quoted}': `, list);
  const words = `Failed to convert weights JSON array to protobuf '${quoted}': `;
  const infos = orRefuse(words, () => messages(WeightInfo, values));
  return prepareChange(
    'UPDATE_WEIGHT',
    infos.map(weight_info => ({ weight_info })),
    () => done(updateWeights(context, infos)),
  );
}

async function postQuota(context: MasterContext, request: Request): Promise<PreparedChange<'UPDATE_QUOTA'>> {
  const body = await bodyText(request);
  const quoted = excerpt(body, quotedLength);
  const value = readJson(body, `Failed to parse set quota request JSON '${quoted}': `, parsed => parsed);
  const words = `Failed to validate set quota request JSON '${quoted}': `;
  const quota = orRefuse(words, () => fromJson(QuotaRequest, value));
  return prepareChange('UPDATE_QUOTA', [{ quota_info: quota }], () => done(setQuota(context, quota)));
}

function deleteQuota(context: MasterContext, { path, rest }: Request): PreparedChange<'UPDATE_QUOTA'> {
  const tokens = rest.split('/').filter(Boolean);
  const [role] = tokens;
  if (role === undefined || tokens.length > 1) {
    throw new HttpError(
      'PARAMETER_INVALID',
      `Failed to parse remove quota request for path '${path}': expected 3 tokens, found ${tokens.length + 2} tokens`,
    );
  }
  const words = `Failed to remove quota for path '${path}'`;
  return prepareChange('UPDATE_QUOTA', [{ quota_info: { role } }], () => done(removeQuota(context, role, words)));
}

async function done(work: Promise<void>): Promise<Response> {
  await work;
  return empty(200);
}
