import type { ContainerSummary } from './answers.ts';
import { EngineError } from './error.ts';

const firstSize = 64;
/** How often the list is begun again because the container that a page begins after was removed meanwhile. */
const mostAttempts = 5;

/** Asks for the newest containers, or the newest of those that are older than one. */
type Page = (size: number, before: string | undefined) => Promise<ContainerSummary[]>;

/**
 * Lists containers in pages, where all together are more than is read: labels are as long as images and tasks want them.
 *
 * @throws {EngineError} `TOO_LARGE` when one container is.
 */
export async function listInPages(page: Page): Promise<ContainerSummary[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pages(page);
    } catch (error) {
      if (!has(error, 'NOT_FOUND') || attempt === mostAttempts) throw error;
    }
  }
}

async function pages(page: Page): Promise<ContainerSummary[]> {
  const listed: ContainerSummary[] = [];
  for (let size = firstSize; ; ) {
    try {
      const next = await page(size, listed.at(-1)?.id);
      listed.push(...next);
      if (next.length < size) return listed;
    } catch (error) {
      if (!isTooLarge(error) || size === 1) throw error;
      size = Math.floor(size / 2);
    }
  }
}

/** Tells whether a call failed because its answer is more than is read. */
export const isTooLarge = (error: unknown): boolean => has(error, 'TOO_LARGE');

function has(error: unknown, code: EngineError['code']): boolean {
  return error instanceof EngineError && error.code === code;
}
