/**
 * How the lines of a chart get onto its canvas: few are stroked there, many are drawn in a worker and
 * arrive as a bitmap, very many as a picture of their density. Until an exact picture is there, the last
 * one is shown re-projected.
 */

import { makeCachedLayer } from "./cached_layer.ts";
import type { DensityRamp } from "./density_ramp.ts";
import { drawLines, styleFor } from "./line_layer.ts";
import { lineWorkers, type LineWorkers, type RemoteLayer } from "./line_workers.ts";
import type { LayerView } from "./line_wire.ts";
import type { Projection } from "./project.ts";
import type { LineSeries } from "./series.ts";

const noLines: readonly LineSeries[] = [];

/** Up to this many lines an exact redraw per frame is as cheap as re-projecting a bitmap. */
const CHEAP_LINES = 4;
/** From this many lines on a worker draws: below, strokes on the canvas take less time than the messages. */
export const WORKER_LINES = 16;
/** From this many lines on no single one can be followed by eye: a chart that may choose shows their density. */
export const DENSITY_LINES = 500;
/** Up to this many lines are stroked here while the worker starts, so that the first chart waits for nothing. */
const IMPATIENT_LINES = 120;

/** Whether the view is being changed: by a gesture on this chart, or by one on a chart that this one follows. */
export type Motion = "rests" | "leads" | "follows";

/** While a gesture moves a chart it is drawn exactly in every second frame, as far as the threads keep up. */
const LEAD_MS = 24;

export interface LinePicture {
  /** Puts the lines on the canvas; false if there is no picture of them yet (`onNewer` will tell). */
  draw(target: CanvasRenderingContext2D, list: readonly LineSeries[], view: LayerView, motion: Motion, alpha: number): boolean;
  /** Asks for an exact picture before anything is drawn; what is drawn here waits for `draw`. */
  prepare(list: readonly LineSeries[], view: LayerView): void;
  /** The lines have changed: what is there may be shown for a moment, but is not exact. */
  invalidate(): void;
  /** Copies what there is onto another surface. */
  copyTo(target: CanvasRenderingContext2D, projection: Projection): void;
  destroy(): void;
}

/** `onNewer` is called when a picture has come that `draw` would show. */
export function makeLinePicture(onNewer: () => void, workers: LineWorkers = lineWorkers): LinePicture {
  const layer = makeCachedLayer();
  let remote: RemoteLayer | null = null;
  /** The lines of the newest wish, and the ramp they are shown with. */
  let list = noLines;
  let ramp: DensityRamp | null = null;
  let askedAt = -Infinity;

  function openRemote(): RemoteLayer | null {
    remote ??= workers.open({
      onBitmap(bitmap, { projection, widthPx, heightPx, ramp: drawnRamp }, drawn) {
        layer.take(bitmap, projection, widthPx, heightPx, drawn === list && drawnRamp === ramp);
        onNewer();
      },
      onLost() {
        remote = null;
        onNewer();
      },
    });
    return remote;
  }

  function drawLinesHere(lines: readonly LineSeries[], { projection, widthPx, heightPx }: LayerView): void {
    layer.redraw(projection, widthPx, heightPx, (renderer) => drawLines(renderer, lines, projection, styleFor(lines.length)));
  }

  /** Without a worker, and with code that few pages need. */
  async function drawDensityHere(lines: readonly LineSeries[], { projection, widthPx, heightPx }: LayerView, colors: DensityRamp): Promise<void> {
    const { drawDensity } = await import("./density.ts");
    if (lines !== list || colors !== ramp) return;
    const { pixelRatio } = projection;
    const image = new ImageData(Math.round(widthPx * pixelRatio), Math.round(heightPx * pixelRatio));
    drawDensity(lines, projection, image.width, image.height, colors, image.data);
    layer.redraw(projection, widthPx, heightPx, (_, context) => context.putImageData(image, 0, 0));
    onNewer();
  }

  return {
    draw(target, lines, view, motion, alpha) {
      const { projection } = view;
      if (lines !== list || view.ramp !== ramp) layer.invalidate();
      list = lines;
      ramp = view.ramp;
      if (!layer.matches(projection)) {
        const hasPicture = layer.canReproject(projection);
        const worker = ramp || lines.length >= WORKER_LINES ? openRemote() : null;
        // what follows is exact once it rests: pictures of two dozen charts per frame would make all of them stutter
        if (worker && hasPicture && motion === "follows") worker.withdraw();
        else if (worker && hasPicture && motion === "leads" && performance.now() - askedAt < LEAD_MS) worker.withdraw();
        else if (worker && (ramp || hasPicture || workers.ready || lines.length > IMPATIENT_LINES)) {
          askedAt = performance.now();
          worker.show(lines, view);
        }
        else if (ramp) void drawDensityHere(lines, view, ramp);
        else if (motion === "rests" || lines.length <= CHEAP_LINES || !hasPicture) drawLinesHere(lines, view);
      }
      if (!layer.canReproject(projection)) return false;
      layer.blit(target, projection, alpha);
      return true;
    },
    prepare(lines, view) {
      if (remote && lines === list && view.ramp === ramp && !layer.matches(view.projection)) remote.show(lines, view);
    },
    invalidate: () => layer.invalidate(),
    copyTo: (target, projection) => layer.blit(target, projection, 1),
    destroy() {
      remote?.free();
      remote = null;
      list = noLines;
      layer.destroy();
    },
  };
}
