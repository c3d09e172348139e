/** `/weights` and `/quota`. */
import { empty, HttpError, json, type Request, type Response, type Route } from '@meseta/process';
import { excerpt, fromJson, QuotaRequest, WeightInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { quotaStatus, removeQuota, setQuota, updateWeights, weights } from '../operator/index.ts';
import { bodyText, jsonp, list, messages, orRefuse, readJson, readwriteRealm } from './route.ts';

/** Of a body that is quoted in front of what is wrong with it. */
const quotedLength = 500;

/** `/weights` and `/quota`. */
export function settingRoutes(context: MasterContext): Route[] {
  return [
    {
      path: '/weights',
      methods: ['GET', 'PUT'],
      realm: readwriteRealm,
      help: {
        summary: 'Shows and changes the weights of roles.',
        description: 'PUT takes a list, `[{"role": "web", "weight": 2}]`. What is set here survives the master.',
        parameters: jsonp,
        statuses: { 200: 'The weights, or nothing after PUT.', 400: 'A role or weight is invalid.' },
      },
      handler: request => (request.method === 'PUT' ? putWeights(context, request) : json(weights(context), request)),
    },
    {
      path: '/quota',
      methods: ['GET', 'POST', 'DELETE'],
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
      handler(request) {
        if (request.method === 'POST') return postQuota(context, request);
        if (request.method === 'DELETE') return deleteQuota(context, request);
        return json(quotaStatus(context), request);
      },
    },
  ];
}

async function putWeights(context: MasterContext, request: Request): Promise<Response> {
  const body = await bodyText(request);
  const quoted = excerpt(body, quotedLength);
  const values = readJson(body, `Failed to parse update weights request JSON '${quoted}': `, list);
  const words = `Failed to convert weights JSON array to protobuf '${quoted}': `;
  const infos = orRefuse(words, () => messages(WeightInfo, values));
  await updateWeights(context, infos);
  return empty(200);
}

async function postQuota(context: MasterContext, request: Request): Promise<Response> {
  const body = await bodyText(request);
  const quoted = excerpt(body, quotedLength);
  const value = readJson(body, `Failed to parse set quota request JSON '${quoted}': `, parsed => parsed);
  const words = `Failed to validate set quota request JSON '${quoted}': `;
  await setQuota(
    context,
    orRefuse(words, () => fromJson(QuotaRequest, value)),
  );
  return empty(200);
}

async function deleteQuota(context: MasterContext, { path, rest }: Request): Promise<Response> {
  const tokens = rest.split('/').filter(Boolean);
  const [role] = tokens;
  if (role === undefined || tokens.length > 1) {
    throw new HttpError(
      400,
      `Failed to parse remove quota request for path '${path}': expected 3 tokens, found ${tokens.length + 2} tokens`,
    );
  }
  await removeQuota(context, role, `Failed to remove quota for path '${path}'`);
  return empty(200);
}
