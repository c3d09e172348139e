/** `/reserve`, `/unreserve`, `/create-volumes`, `/destroy-volumes`: forms with resources as JSON. */

import { changes, type DaemonRoute } from '@meseta/daemon';
import { empty } from '@meseta/process';
import { type OfferOperation, Resource } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { operationAccess, type ResourceOperationType } from '../offers/operation-access.ts';
import { applyForOperator, operatorQuestions } from '../operator/index.ts';
import { Form, list, messages, readJson, readwriteRealm } from './route.ts';

interface OperationEndpoint {
  readonly path: string;
  readonly type: ResourceOperationType;
  readonly summary: string;
  /** Names of form fields that hold lists of resources, to whether they must be there. */
  readonly lists: Readonly<Record<string, 'needed' | 'optional'>>;
  /** What stands before the reason when a list cannot be read; Mesos says it in two ways. */
  readonly words: (name: string) => string;
  readonly operation: (lists: Readonly<Record<string, Resource[]>>) => OfferOperation;
}

const errorInParsing = (name: string) => `Error in parsing '${name}' query parameter in the request body: `;

const endpoints: readonly OperationEndpoint[] = [
  {
    path: '/reserve',
    type: 'RESERVE',
    summary: 'Reserves resources of an agent for a role.',
    lists: { resources: 'needed', source: 'optional' },
    words: name => `Error parsing '${name}' query parameter in the request body: `,
    operation: ({ resources = [], source = [] }) => ({ type: 'RESERVE', reserve: { resources, source } }),
  },
  {
    path: '/unreserve',
    type: 'UNRESERVE',
    summary: 'Takes the reservation of resources of an agent away.',
    lists: { resources: 'needed' },
    words: errorInParsing,
    operation: ({ resources = [] }) => ({ type: 'UNRESERVE', unreserve: { resources } }),
  },
  {
    path: '/create-volumes',
    type: 'CREATE',
    summary: 'Makes persistent volumes of reserved disk of an agent.',
    lists: { volumes: 'needed' },
    words: errorInParsing,
    operation: ({ volumes = [] }) => ({ type: 'CREATE', create: { volumes } }),
  },
  {
    path: '/destroy-volumes',
    type: 'DESTROY',
    summary: 'Destroys persistent volumes of an agent, with their contents.',
    lists: { volumes: 'needed' },
    words: errorInParsing,
    operation: ({ volumes = [] }) => ({ type: 'DESTROY', destroy: { volumes } }),
  },
];

/** `/reserve`, `/unreserve`, `/create-volumes`, `/destroy-volumes`. */
export function operationRoutes(context: MasterContext): DaemonRoute[] {
  return endpoints.map(({ path, type, summary, lists, words, operation }) => ({
    path,
    methods: ['POST'],
    realm: readwriteRealm,
    help: {
      summary,
      description: 'Takes a form. Offers of the agent are taken back as far as they are in the way.',
      parameters: {
        slaveId: 'Id of the agent.',
        ...Object.fromEntries(Object.keys(lists).map(name => [name, 'A list of resources, as JSON.'])),
      },
      statuses: {
        202: 'The operation was sent to the agent.',
        400: 'Something is missing or invalid, or there is no such agent.',
        409: 'What the operation takes is in use.',
      },
    },
    does: changes(operationAccess[type].asks, async request => {
      const form = await Form.of(request);
      const agentId = form.need('slaveId');
      const resources = Object.fromEntries(
        Object.entries(lists).map(([name, need]) => {
          const text = need === 'needed' ? form.need(name) : (form.get(name) ?? '[]');
          return [name, readJson(text, words(name), value => messages(Resource, list(value)))];
        }),
      );
      const by = request.principal?.value;
      return {
        questions: operatorQuestions(context, agentId, operation(resources), by),
        act() {
          applyForOperator(context, agentId, operation(resources), by);
          return empty(202);
        },
      };
    }),
  }));
}
