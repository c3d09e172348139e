import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { Resources } from '@meseta/resources';
import { agentFlags } from './flags.ts';
import { agentInfo, machineResources } from './machine.ts';

const flagsWith = (...argv: string[]) => parseFlags(agentFlags, [`--work_dir=${tmpdir()}`, ...argv]).flags;

test('resources that cannot be read are refused by the name of their flag', async () => {
  await assert.rejects(machineResources(flagsWith('--resources=ports:[2000-1000]')), {
    code: 'RESOURCE_PARSE',
    message:
      '--resources: Failed to parse resource ports value [2000-1000] error Range 2000-1000 ends before it begins',
  });
});

test('attributes that cannot be read are refused by the name of their flag', () => {
  assert.throws(() => agentInfo(flagsWith('--attributes=rack'), Resources.empty, 'h', 5051), {
    code: 'RESOURCE_PARSE',
    message: "--attributes: Invalid attribute key:value pair 'rack'",
  });
});
