/** Makes the Consul services of a task from its description. Pure. */
import type { HealthCheck, Port, TaskInfo, WireId } from '@meseta/protocol';
import { keysOf, labelOf, portsOf } from '../task-labels.ts';
import type { ConsulService } from './client.ts';

/** What the services of a task depend on besides the task. */
export interface ConsulServiceOptions {
  readonly globalTag: string;
  readonly initialStatus: string;
  /** The address at which clients reach the task. */
  readonly address: string;
  /** The address at which Consul's agent reaches the task's HTTP health check. */
  readonly checkAddress: string;
}

const label = 'consul';
const tag = 'tag';
/**
 * Consul removes a critical service after this time, for the case that this machine fails and does not deregister it.
 * The least that Consul allows is a minute.
 */
const deregisterAfter = '10m';

/** Tells whether a task has the label that asks for registration in Consul. */
export const wantsConsul = (task: TaskInfo): boolean => labelOf(task, label) !== undefined;

/**
 * Returns one service for each port of the task that is labelled for Consul, else one for its first port.
 *
 * @throws when the task has no ports.
 */
export function consulServices(task: TaskInfo, options: ConsulServiceOptions): ConsulService[] {
  const ports = portsOf(task);
  const [first] = ports;
  if (!first) {
    throw new Error(
      `task ${task.task_id.value} has the label '${label}' but no ports to register: it needs one at least`,
    );
  }
  const taskId = task.task_id.value;
  const own = serviceName(labelOf(task, label), taskId);
  const labelled = ports.flatMap(port => namesOf(port, own).map(name => ({ port, name })));
  const instances = labelled.length > 0 ? labelled : [{ port: first, name: own }];
  const common = [...keysOf(task, tag), ...(options.globalTag ? [options.globalTag] : []), `marathon-task:${taskId}`];
  const check = consulCheck(task.health_check, options);
  return instances.map(({ port, name }) => ({
    ID: `${taskId}_${name}_${port.number}`,
    Name: name,
    Tags: [...portTags(port, name), ...common].map(text => withPorts(text, ports)),
    Port: port.number,
    Address: options.address,
    EnableTagOverride: false,
    ...(check && { Check: check }),
  }));
}

/**
 * Returns the name of a task's service: the label's value, else a name from the task id: `/group/app.1234` becomes
 * `group-app`.
 */
export function serviceName(value: string | undefined, taskId: WireId<'task'>): string {
  if (value !== undefined && value !== '' && value !== 'true') return value;
  const name = taskId
    .trim()
    .replace(/^\/+|\/+$/g, '')
    .replaceAll('_', '.')
    .replaceAll('/', '-');
  return name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
}

function namesOf(port: Port, own: string): string[] {
  const value = labelOf(port, label);
  if (value === undefined) return [];
  const names = value
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  return names.length > 0 ? names : [own];
}

/** Returns the tags of a port: the keys of its labels `tag`, and of those `tag:<service>` for this service. */
function portTags(port: Port, service: string): string[] {
  const values = [tag, `${tag}:${service}`];
  return (port.labels?.labels ?? []).filter(({ value }) => values.includes(value ?? '')).map(({ key }) => key);
}

function withPorts(text: string, ports: readonly Port[]): string {
  return ports.reduce(
    (result, { name, number }) => (name ? result.replaceAll(`{port:${name}}`, String(number)) : result),
    text,
  );
}

function consulCheck(check: HealthCheck | undefined, options: ConsulServiceOptions): ConsulService['Check'] {
  if (!check) return undefined;
  const { http, tcp, interval_seconds = 10, timeout_seconds = 20 } = check;
  const times = {
    Interval: `${interval_seconds}s`,
    ...(timeout_seconds > 0 && { Timeout: `${timeout_seconds}s` }),
    Status: options.initialStatus,
    DeregisterCriticalServiceAfter: deregisterAfter,
  };
  if (http) {
    const { scheme = 'http', port, path = '/', protocol } = http;
    const host = protocol === 'IPv6' && options.checkAddress === '127.0.0.1' ? '::1' : options.checkAddress;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const url = `${scheme}://${authority}${path.startsWith('/') ? path : `/${path}`}`;
    return { HTTP: url, ...(scheme === 'https' && { TLSSkipVerify: true }), ...times };
  }
  if (tcp) return { TCP: tcp.protocol === 'IPv6' ? `[::1]:${tcp.port}` : `127.0.0.1:${tcp.port}`, ...times };
  return undefined;
}
