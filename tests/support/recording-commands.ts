/** Commands for command modules that keep what they are handed and answer what the test says. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '@meseta/system/testing';
import type { Flags } from './daemon.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bridge = new URL('../../packages/modules/src/testing/bridge.mjs', import.meta.url).pathname;

export type Mode = 'fork' | 'persistent';

/** Which parameter names the command of a method. */
const parameters = {
  masterLaunchTaskLabelDecorator: 'hook_master_launch_task_label_decorator',
  masterLaunchTaskResourceDecorator: 'hook_master_launch_task_resource_decorator',
  masterSlaveLostHook: 'hook_master_slave_lost_hook',
  slaveResourcesDecorator: 'hook_slave_resources_decorator',
  slaveAttributesDecorator: 'hook_slave_attributes_decorator',
  slaveRunTaskLabelDecorator: 'hook_slave_run_task_label_decorator',
  slaveExecutorEnvironmentDecorator: 'hook_slave_executor_environment_decorator',
  slavePostFetchHook: 'hook_slave_post_fetch_hook',
  slaveTaskStatusDecorator: 'hook_slave_task_status_decorator',
  slaveRemoveExecutorHook: 'hook_slave_remove_executor_hook',
  prepare: 'isolator_prepare',
  isolate: 'isolator_isolate',
  watch: 'isolator_watch',
  usage: 'isolator_usage',
  update: 'isolator_update',
  cleanup: 'isolator_cleanup',
  recover: 'isolator_recover',
} as const;

export type Method = keyof typeof parameters;

/** A call of a command. */
export interface Call {
  readonly method: Method;
  // biome-ignore lint/suspicious/noExplicitAny: inputs are of many shapes
  readonly input: any;
  readonly sameStdin: boolean;
  /** Permissions and sizes: of input, output, error. */
  readonly files: string;
}

export class RecordingCommands {
  readonly directory: string;
  /** A modules.json as people have it. */
  readonly modules: string;
  readonly #extra: Readonly<Record<string, string>>;
  readonly #mode: Mode;

  /**
   * @param methods that have commands. @param extra parameters, such as time-outs. Removed after the test.
   * @param mode in persistent mode a co-process runs them.
   */
  constructor(
    t: TestContext,
    methods: readonly Method[],
    extra: Readonly<Record<string, string>> = {},
    mode: Mode = 'fork',
  ) {
    this.#mode = mode;
    this.directory = temporaryDirectory(t, 'commands');
    this.modules = path.join(this.directory, 'modules.json');
    this.#extra = extra;
    for (const name of ['calls', 'answers', 'scripts', 'new']) mkdirSync(path.join(this.directory, name));
    for (const method of methods) this.#writeScript(method);
    const run = `exec '${process.execPath}' '${bridge}' '${path.join(this.directory, 'scripts')}'`;
    writeFileSync(this.#bridge, `#!/bin/sh\n${run}\n`, { mode: 0o755 });
    const of = (isolator: boolean) => methods.filter(method => parameters[method].startsWith('isolator') === isolator);
    const modules = [
      { name: 'com_criteo_mesos_CommandHook', parameters: this.#parameters('test_hook', of(false)) },
      { name: 'com_criteo_mesos_CommandIsolator', parameters: this.#parameters('test_isolator', of(true)) },
    ];
    const file = '/tmp/mesos/modules/libmesos_command_modules.so';
    writeFileSync(this.modules, JSON.stringify({ libraries: [{ file, modules }] }));
  }

  #parameters(module: string, methods: readonly Method[]) {
    const commands = methods.map(method => [`${parameters[method]}_command`, this.command(method)]);
    const isolator = module.endsWith('isolator');
    const extra = Object.entries(this.#extra).filter(([key]) => key.startsWith('isolator') === isolator);
    return [['module_name', module], ['mode', this.#mode], ...commands, ...extra].map(([key, value]) => ({
      key,
      value,
    }));
  }

  #writeScript(method: Method): void {
    const { directory } = this;
    writeFileSync(
      this.#script(method),
      `#!/bin/sh
      id=$(date +%s%N)-$$
      cp "$1" ${directory}/new/$id
      cmp -s "$1" - && same=true || same=false
      files=$(stat -c %a:%s "$2" "$3" | tr '\\n' ' '; stat -c %a "$1")
      echo '{"method":"${method}","sameStdin":'$same',"files":"'"$files"'","input":' > ${directory}/new/$id.json
      cat ${directory}/new/$id >> ${directory}/new/$id.json
      echo '}' >> ${directory}/new/$id.json
      rm ${directory}/new/$id
      mv ${directory}/new/$id.json ${directory}/calls/$id.json
      [ ! -f ${directory}/answers/${method} ] || . ${directory}/answers/${method}
      `,
      { mode: 0o755 },
    );
  }

  /** Flags of an agent that uses the hook and the isolator. */
  get flags(): Flags {
    return { ...this.hookFlags, isolation: 'posix/cpu,posix/mem,com_criteo_mesos_CommandIsolator' };
  }

  /** Flags of a daemon that uses the hook. */
  get hookFlags(): Flags {
    return { modules: `file://${this.modules}`, hooks: 'com_criteo_mesos_CommandHook' };
  }

  /** What is configured, and named in messages. */
  command(method: Method): string {
    return this.#mode === 'fork' ? this.#script(method) : this.#bridge;
  }

  get #bridge(): string {
    return path.join(this.directory, 'bridge');
  }

  #script(method: Method): string {
    return path.join(this.directory, 'scripts', method);
  }

  /** What commands do from now on, by method, in shell: `$2` is the output, `$3` the error. All others answer nothing. */
  answer(answers: { readonly [M in Method]?: string }): void {
    for (const name of readdirSync(this.#path('answers'))) rmSync(path.join(this.#path('answers'), name));
    for (const [method, text] of Object.entries(answers)) writeFileSync(path.join(this.#path('answers'), method), text);
  }

  /** Calls so far, oldest first; those of one container or task when it is given. */
  calls(about = ''): Call[] {
    const names = readdirSync(this.#path('calls')).sort();
    const texts = names.map(name => readFileSync(path.join(this.#path('calls'), name), 'utf8'));
    return texts.filter(text => text.includes(about)).map(text => JSON.parse(text));
  }

  methods(about = ''): Method[] {
    return this.calls(about).map(({ method }) => method);
  }

  /** Waits for a call. */
  async called(method: Method, about = '', times = 1): Promise<Call> {
    const found = () => this.calls(about).filter(call => call.method === method);
    await eventually(
      () => `call ${times} of ${method} for ${about}; there are ${this.methods(about)}`,
      () => found().length >= times,
    );
    return found()[times - 1] as Call;
  }

  /** Forgets all calls. */
  clear(): void {
    for (const name of readdirSync(this.#path('calls'))) rmSync(path.join(this.#path('calls'), name));
  }

  #path(name: string): string {
    return path.join(this.directory, name);
  }
}
