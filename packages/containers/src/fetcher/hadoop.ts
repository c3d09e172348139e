/** The client of Hadoop, a program of the machine that reads from HDFS and, as it is configured, from other stores. */
import { join } from 'node:path';
import { needTool, type ToolOptions } from './tool.ts';
import { hadoopProblem } from './tool-problems.ts';

/** Returns the directory of Hadoop: `--hadoop_home`, else that in the agent's environment. Undefined: there is none. */
export function hadoopHomeOf({ hadoop_home }: { readonly hadoop_home?: string | undefined }): string | undefined {
  return hadoop_home ?? (process.env.HADOOP_HOME || undefined);
}

/**
 * Runs `hadoop fs`.
 *
 * @param home the directory of Hadoop; without it, the client is searched in `PATH`.
 * @param what is fetched by it, in the plural, for the message when there is no client.
 * @throws {FetchError} when it fails, or is missing.
 */
export function runHadoop(
  home: string | undefined,
  command: readonly string[],
  what: string,
  tool: ToolOptions,
): Promise<void> {
  const client = home === undefined ? 'hadoop' : join(home, 'bin', 'hadoop');
  const where =
    home === undefined ? 'there is no hadoop in PATH, and neither --hadoop_home nor HADOOP_HOME is set' : client;
  const missing = `${what} are fetched with Hadoop's client, which was not found: ${where}`;
  const environment = home !== undefined && { environment: { HADOOP_HOME: home } };
  return needTool([client, 'fs', ...command], { ...tool, ...environment }, { missing, explain: hadoopProblem });
}
