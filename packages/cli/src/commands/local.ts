import { join } from 'node:path';
import { command, UsageError } from '../command.ts';
import { untilInterrupted } from '../interrupt.ts';
import { containerOf, containerOptions } from '../run/container-options.ts';
import { isolationFor } from '../run/isolation.ts';
import { style } from '../table.ts';

/**
 * After this time, a start that is not complete prints where its log is; after an interrupt, a start is given up after
 * it.
 */
const patienceMs = 10_000;

/** The maximum of ports and of agents. */
const most = 65_535;

export default command({
  name: 'local',
  summary: 'Run a master and agents in one process until interrupted',
  options: {
    agents: {
      type: 'string',
      short: 'n',
      value: 'COUNT',
      help: 'How many agents (default: as many as DIR has, else 1)',
    },
    port: {
      type: 'string',
      short: 'p',
      value: 'PORT',
      help: "The master's port (default: that of the last start, else 5050, or a free one when it is taken)",
    },
    'work-dir': {
      type: 'string',
      value: 'DIR',
      help: 'Where state and sandboxes are kept (default: a temporary one, removed at the end)',
    },
    resources: {
      type: 'string',
      value: 'RESOURCES',
      help: "Of each agent, as in 'cpus:4;mem:4096' (default: what the machine has)",
    },
    isolation: { ...containerOptions.isolation, help: 'Isolators of each agent (default: posix/cpu,posix/mem)' },
    volume: { ...containerOptions.volume, help: `${containerOptions.volume.help}; for tasks that have no container` },
    image: { ...containerOptions.image, help: 'Run tasks that have no container in a Docker image' },
    network: { ...containerOptions.network, help: 'CNI network of tasks that have no container; again for more' },
    docker: {
      type: 'boolean',
      help: "Run containers of type DOCKER, too, in this machine's Docker engine or that of $DOCKER_HOST",
    },
    json: { type: 'boolean', help: 'Print the endpoints as JSON' },
  },
  notes:
    'Started again with the same --work-dir, master and agents keep their ports and ids, and tasks that still run are\nfound again.',
  run: async values => {
    const agents = values.agents === undefined ? undefined : count(values.agents, 'agents', 0);
    const port = values.port === undefined ? undefined : count(values.port, 'port', 0);
    const container = containerOf(values, true);
    const isolation = await isolationFor(values.isolation, container);
    const { startEmbeddedCluster } = await import('../embedded-cluster.ts');
    const interrupted = untilInterrupted(); // before anything is started, so that it is stopped
    let started = false;
    // A start that hangs is ended; a running cluster gets the time that its tasks need to end.
    const giveUp = () => void (started || process.exit(1));
    void interrupted.then(() => setTimeout(giveUp, patienceMs).unref());
    const waiting = setTimeout(() => process.stderr.write(waitsFor(values['work-dir'])), patienceMs);
    const cluster = await startEmbeddedCluster({
      interrupted,
      ...(agents !== undefined && { agents }),
      ...(port === undefined ? { preferredPort: 5050 } : { port }),
      ...(values['work-dir'] === undefined ? {} : { directory: values['work-dir'] }),
      ...(values.resources === undefined ? {} : { resources: values.resources }),
      ...isolation,
      ...(values.docker && { docker: true }),
      ...(container && { container }),
    }).finally(() => clearTimeout(waiting));
    started = true;
    if (values.json) process.stdout.write(`${JSON.stringify({ master: cluster.master, agents: cluster.agents })}\n`);
    else process.stdout.write(describe(cluster));
    if (cluster.left > 0) {
      const more = `--agents ${cluster.agents.length + cluster.left}`;
      process.stderr.write(
        `meseta local: ${cluster.left} more of the directory's agents: ${more} shows what they run\n`,
      );
    }
    await interrupted;
    if (values['work-dir'] === undefined) await cluster.remove();
    else await cluster.stop();
    return 0;
  },
});

function count(text: string, name: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`);
}

function waitsFor(directory: string | undefined): string {
  const where = directory === undefined ? '' : `: see ${join(directory, 'meseta.INFO')}`;
  return `meseta local: still waiting for the agents to register${where}\n`;
}

function describe({ master, agents, directory }: { master: string; agents: string[]; directory: string }): string {
  const address = master.replace('http://', '');
  const lines = [
    ['master', master],
    ...agents.map((agent, index) => [`agent ${index + 1}`, agent]),
    ['directory', directory],
    ['try', `meseta run --master ${address} 'echo hello'`],
    ['', `meseta agents --master ${address}`],
  ] as const;
  return `${style('bold', 'A cluster is running; Ctrl-C ends it.')}\n${lines.map(([name, value]) => `  ${(name ?? '').padEnd(10)}${value}\n`).join('')}`;
}
