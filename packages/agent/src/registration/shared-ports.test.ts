/** `--shared_ports` with masters that know it and masters that do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { RegisterSlaveMessage, ReregisterSlaveMessage, SlaveReregisteredMessage } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { createLogger } from '@meseta/telemetry';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import { agentId } from '../testing/scripted-master.ts';
import { agentArguments, bench } from '../testing/test-agent.ts';

test('the agent names its capability each time, and says once that a master uses ports up', async t => {
  const at = await bench(t);
  const { master } = at;
  const lines: string[] = [];
  const stderr = { write: (line: string) => void lines.push(line) };
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--shared_ports']));
  const agent = await startAgent({ flags, log: createLogger({ program: 'test', stderr }, 'agent') });
  at.onEnd(() => agent.shutdown());
  const said = (text: string) => lines.filter(line => line.startsWith('W') && line.includes(text)).length;
  const registered = (count: number) => eventually(`registration ${count}`, () => registrations() === count);
  const registrations = () => lines.filter(line => line.includes('Registered with the master')).length;

  const first = await master.untilReceived(RegisterSlaveMessage);
  assert.equal(first.agent_capabilities?.at(-1)?.type, 'SHARED_PORTS');
  await registered(1);
  assert.equal(said('--shared_ports gives several tasks the same port'), 1);
  assert.equal(said('does not know --shared_ports'), 1);

  await master.restart();
  const again = await master.untilReceived(ReregisterSlaveMessage);
  assert.equal(again.agent_capabilities?.at(-1)?.type, 'SHARED_PORTS');
  await registered(2);
  assert.equal(said('does not know --shared_ports'), 1);

  master.reregisters = false;
  await master.restart();
  const before = master.received.filter(({ name }) => name === ReregisterSlaveMessage.fullName).length;
  await master.untilReceived(ReregisterSlaveMessage, before + 1);
  master.send(SlaveReregisteredMessage, { agent_id: { value: agentId }, connection: { knows_shared_ports: true } });
  await registered(3);
  assert.equal(said('does not know --shared_ports'), 1);

  master.reregisters = true;
  await master.restart();
  await registered(4);
  assert.equal(said('does not know --shared_ports'), 2);
});
