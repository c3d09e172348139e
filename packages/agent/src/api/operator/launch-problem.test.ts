import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentCallLaunchContainer, Resource } from '@meseta/protocol';
import { launchProblem, nestedLaunchProblem } from './launch-problem.ts';

const alone = { value: 'c' };
const nested = { value: 'c', parent: alone };
const twice = { value: 'c', parent: nested };
const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  ...{ name, type: 'SCALAR', scalar: { value } },
  ...more,
});
const sharing = (share_cgroups: boolean) => ({ type: 'MESOS', linux_info: { share_cgroups } }) as const;

const cases: { name: string; launch: AgentCallLaunchContainer; problem?: RegExp; nestedToo?: boolean }[] = [
  { name: 'nothing but an id', launch: { container_id: alone } },
  { name: 'resources', launch: { container_id: alone, resources: [scalar('cpus', 0.5), scalar('gpus', 2)] } },
  {
    name: 'a negative resource',
    launch: { container_id: alone, resources: [scalar('cpus', -1)] },
    problem: /^Invalid resources: /,
  },
  {
    name: 'a part of a GPU',
    launch: { container_id: nested, resources: [scalar('gpus', 0.5)] },
    problem: /^Invalid GPU resources: The 'gpus' resource must be an unsigned integer$/,
  },
  {
    name: 'reserved resources',
    launch: { container_id: alone, resources: [scalar('cpus', 1, { role: 'r' })] },
    problem: /^'launch_container.resources' must be unreserved$/,
  },
  {
    name: 'revocable resources',
    launch: { container_id: alone, resources: [scalar('cpus', 1, { revocable: {} })] },
    problem: /must be non-revocable$/,
  },
  {
    name: 'a persistent volume',
    launch: { container_id: alone, resources: [scalar('disk', 1, { disk: { persistence: { id: 'p' } } })] },
    problem: /may not use persistent volumes$/,
  },
  {
    name: 'resources at the second level',
    launch: { container_id: twice, resources: [scalar('cpus', 1)] },
    problem:
      /^'launch_container' is invalid: containers nested at the second level or greater cannot specify resources$/,
  },
  {
    name: 'limits at the second level',
    launch: { container_id: twice, limits: { cpus: { value: 1 } } },
    problem: /second level or greater cannot specify resource limits$/,
  },
  {
    name: 'its own cgroups at the second level',
    launch: { container_id: twice, container: sharing(false) },
    problem: /' is invalid: .* second level or greater cannot set 'share_cgroups' to 'false'$/,
    nestedToo: true,
  },
  { name: 'its own cgroups at the first level', launch: { container_id: nested, container: sharing(false) } },
  {
    name: 'the cgroups of no parent',
    launch: { container_id: alone, container: sharing(true) },
    problem: /containers without a parent cannot set 'share_cgroups' to 'true'$/,
  },
  {
    name: 'a variable without a value',
    launch: { container_id: nested, command: { environment: { variables: [{ name: 'A' }] } } },
    problem: /\.command' is invalid: Environment variable 'A' of type 'VALUE' must have a value set$/,
    nestedToo: true,
  },
  {
    name: 'a volume without a source',
    launch: { container_id: nested, container: { type: 'MESOS', volumes: [{ container_path: 'v', mode: 'RW' }] } },
    problem: /\.container' is invalid: Invalid volume: Only one of them should be set/,
    nestedToo: true,
  },
];

for (const { name, launch, problem, nestedToo } of cases) {
  test(`${name}: ${problem ? 'refused' : 'valid'}`, () => {
    const found = launchProblem({ launch_container: launch });
    if (problem) assert.match(found ?? '', problem);
    else assert.equal(found, undefined);
    const { resources: _, limits: __, ...older } = launch;
    const nestedProblem = nestedLaunchProblem({ launch_nested_container: older });
    if (nestedToo) assert.match(nestedProblem ?? '', /^'launch_nested_container/);
    else assert.equal(nestedProblem, undefined);
  });
}
