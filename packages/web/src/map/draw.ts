import type { Coloured } from './colouring.ts';
import { cellAt, type MapLayout } from './layout.ts';

/** What a picture of the map is made of. */
export interface MapPicture {
  readonly layout: MapLayout;
  readonly coloured: Coloured;
  /** A colour for each bucket. */
  readonly colours: readonly string[];
  /** The cell that is chosen; undefined: none. */
  readonly chosen: number | undefined;
  /** The colour of the frame around it. */
  readonly frame: string;
  /** Pixels of the screen in a CSS pixel. */
  readonly scale: number;
}

/** Draws the map: bucket by bucket, because changing the colour costs more than a cell. */
export function drawMap(context: CanvasRenderingContext2D, picture: MapPicture): void {
  const { layout, coloured, colours, chosen, frame, scale } = picture;
  const { width, height } = context.canvas;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const { bucketOf } = coloured;
  for (const [bucket, colour] of colours.entries()) {
    context.fillStyle = colour;
    for (let index = 0; index < layout.count; index++) {
      if (bucketOf[index] !== bucket) continue;
      const [x, y] = cellAt(layout, index);
      context.fillRect(x, y, layout.side, layout.side);
    }
  }
  if (chosen === undefined || chosen >= layout.count) return;
  const [x, y] = cellAt(layout, chosen);
  context.strokeStyle = frame;
  context.lineWidth = 2;
  context.strokeRect(x, y, layout.side, layout.side);
}
