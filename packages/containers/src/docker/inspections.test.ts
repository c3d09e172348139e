/** How often an engine is asked about a container, and what is kept of its answers. The clock stands still: nothing is found by looking. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { ContainerizerBench, dockerContainerizer, forever, id } from '../testing/containerizer-bench.ts';
import { needsDocker, sharedEngine } from '../testing/docker/index.ts';
import type { ContainerInspect } from './engine/answers.ts';
import { createDockerEngine } from './engine/engine-client.ts';

const engine = sharedEngine();

/** @param asked before each inspection. @param answered gets each answer before the containerizer has it. */
async function scene(
  t: TestContext,
  asked: () => void,
  answered: (inspected: ContainerInspect | undefined) => Promise<void> = async () => undefined,
) {
  const { socket } = await engine();
  const watched = () => {
    const client = createDockerEngine({ kind: 'unix', socketPath: socket });
    const inspect: typeof client.containers.inspect = async (...which) => {
      asked();
      const inspected = await client.containers.inspect(...which);
      await answered(inspected);
      return inspected;
    };
    return { ...client, containers: { ...client.containers, inspect } };
  };
  const bench = await ContainerizerBench.open(t, made => dockerContainerizer(made, watched(), new FakeClock()));
  return { bench, containerizer: await bench.started() };
}

const asTask = { task_info: { name: 'task', task_id: { value: 'task' }, agent_id: { value: 'agent' }, resources: [] } };

test(
  'a container is inspected once when it starts, and its description is not kept when it was taken',
  needsDocker,
  async t => {
    let count = 0;
    const { bench, containerizer } = await scene(t, () => void count++);
    const container = id('inspected');
    await containerizer.launch(container, bench.shell(container, forever, asTask));
    const description = JSON.parse(Buffer.from(containerizer.takeDescription?.(container) ?? '', 'base64').toString());
    assert.equal(description[0].State.Running, true);
    assert.equal(containerizer.takeDescription?.(container), undefined);
    assert.equal(count, 1);
    await containerizer.remove(container);
  },
);

test(
  'the end of a container is noticed that comes while its launch is not known to have succeeded',
  needsDocker,
  async t => {
    let isFirst = true;
    const { bench, containerizer } = await scene(
      t,
      () => undefined,
      async inspected => {
        if (!isFirst || inspected === undefined) return;
        isFirst = false;
        const { client } = await engine();
        const events = await client.events({ filters: { type: ['container'], event: ['die'] } });
        await client.containers.kill(inspected.id);
        for await (const event of events) if (event.id === inspected.id) break;
        events.close();
      },
    );
    const container = id('ended-early');
    await containerizer.launch(container, bench.shell(container, forever, asTask));
    assert.deepEqual((await containerizer.wait(container))?.exit, { kind: 'exited', code: 137 });
    await containerizer.remove(container);
  },
);
