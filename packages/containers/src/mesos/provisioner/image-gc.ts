import { statfs } from 'node:fs/promises';
import { fromJson, type Image, ImageGcConfig } from '@meseta/protocol';
import { type Clock, every } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { parseReference } from './docker/reference.ts';
import { ImageError } from './image-error.ts';
import type { Provisioner } from './provisioner.ts';

/** When unused images are removed. */
export interface ImageGcSettings {
  /** The share of the disk to keep free, from 0 to 1. */
  readonly headroom: number;
  readonly intervalMs: number;
  readonly excluded: readonly Image[];
}

/**
 * Parses the value of `--image_gc_config`.
 *
 * @throws {ImageError} `INVALID`
 */
export function parseImageGcConfig(value: unknown): ImageGcSettings {
  const parsed = fromJson(ImageGcConfig, value);
  const { image_disk_headroom: headroom, image_disk_watch_interval: interval, excluded_images: excluded = [] } = parsed;
  if (!(headroom >= 0 && headroom <= 1))
    throw new ImageError('INVALID', "'image_disk_headroom' must be from 0.0 to 1.0");
  const intervalMs = Number(interval.nanoseconds) / 1_000_000;
  if (!(intervalMs > 0)) throw new ImageError('INVALID', "'image_disk_watch_interval' must be more than 0 nanoseconds");
  for (const { docker } of excluded) if (docker) parseReference(docker.name);
  return { headroom, intervalMs, excluded };
}

/**
 * Removes unused images whenever the disk of the store has less free space than the settings want.
 *
 * @returns a function that ends it.
 * @see Mesos src/slave/slave.cpp, Slave::checkImageDiskUsage
 */
export function collectImages(
  settings: ImageGcSettings,
  parts: { readonly store: string; readonly provisioner: Provisioner; readonly clock: Clock; readonly log: Logger },
): () => void {
  const { store, provisioner, clock, log } = parts;
  let running = false;
  const look = async () => {
    const { blocks, bavail } = await statfs(store);
    const free = blocks === 0 ? 1 : bavail / blocks;
    if (free >= settings.headroom) return;
    log.info('The disk of the images is too full: images that nothing uses are removed', { free, store });
    await provisioner.prune(settings.excluded);
  };
  return every(clock, settings.intervalMs, () => {
    if (running) return;
    running = true;
    look()
      .catch(error => log.error('Failed to remove images that nothing uses', { error, store }))
      .finally(() => {
        running = false;
      });
  });
}
