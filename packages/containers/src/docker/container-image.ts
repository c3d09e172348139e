/** The image of a container that is launched: with the accounts that its URIs brought, and its progress in the container's stderr. */
import type { ContainerConfig } from '@meseta/protocol';
import type { DockerContainer } from './docker-container.ts';
import type { DockerImages } from './images.ts';
import type { DockerLogs } from './output/docker-logs.ts';
import { accountsInSandbox } from './task-accounts.ts';

/**
 * Makes the image of a container be there. What was written about it is in the sandbox when this returns.
 *
 * @returns why it may not run on the engine's kind of machine; undefined: it may.
 * @throws {EngineError} {ImageError} {LaunchError}
 */
export async function needImage(
  { images, logs }: { readonly images: DockerImages; readonly logs: DockerLogs },
  container: DockerContainer,
  image: string,
  { command_info: { uris = [] }, container_info, directory }: ContainerConfig,
): Promise<string | undefined> {
  const { id, over } = container;
  const write = async (line: string) => {
    const files = await logs.open(id, directory);
    try {
      await files.append('stderr', Buffer.from(`${line}\n`));
    } finally {
      await files.close();
    }
  };
  let written = Promise.resolve();
  try {
    return await images.need(image, {
      forces: container_info?.docker?.force_pull_image ?? false,
      signal: over.signal,
      async pulling() {
        container.enter('PULLING');
        return uris.length === 0 ? undefined : accountsInSandbox(directory, id);
      },
      onLine(line) {
        written = written.then(() => write(line)).catch(() => undefined); // the container does not need it
      },
    });
  } finally {
    await written;
  }
}
