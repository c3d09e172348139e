/**
 * For tests: an agent that is killed at some point of what happens to a container in a pod.
 *
 * `pod-agent.ts DIRECTORY MARK ISOLATION CGROUPS_ROOT PHASE`, see the class PodBench.
 */
import { forever } from './containerizer-bench.ts';
import { PodBench } from './pod-bench.ts';

const [directory, mark, isolation, cgroups_root, phase] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const bench = new PodBench(directory, mark, isolation, { cgroups_root });
const die = async (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
};
await bench.start();
const pod = await bench.pod('pod');
const other = await bench.task(pod, 'other', `echo up; ${forever}`);
await bench.says(other, 'up');
const options = { ...(phase === 'fetched' && { fetched: die }), ...(phase === 'checkpoint' && { checkpoint: die }) };
const task = await bench.task(pod, 'task', `touch ran; echo up; ${forever}`, undefined, {}, options);
if (phase === 'launched') await die();
await bench.says(task, 'up');
void bench.containerizer.destroy(phase === 'the pod is destroyed' ? pod : task);
if (phase === 'destroyed') await bench.containerizer.wait(task);
await die();
