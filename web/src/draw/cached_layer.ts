/**
 * A bitmap of the lines together with the view it was drawn for. While zooming and panning the last
 * bitmap is re-projected (a scaled copy, 0.1 ms) until an exact one is drawn, here or in a worker.
 */

import { makeCanvas2dRenderer } from "./canvas2d.ts";
import type { Projection } from "./project.ts";
import type { Renderer } from "./renderer.ts";
import type { Scale } from "./scale.ts";

export interface CachedLayer {
  /** Clears the bitmap and draws it anew for this view. */
  redraw(projection: Projection, widthPx: number, heightPx: number, draw: (renderer: Renderer, context: CanvasRenderingContext2D) => void): void;
  /** Takes over a bitmap that was drawn elsewhere; `fresh` if the data are still the same. */
  take(bitmap: ImageBitmap, projection: Projection, widthPx: number, heightPx: number, fresh: boolean): void;
  /** True if the bitmap was drawn for exactly this view. */
  matches(projection: Projection): boolean;
  /** True if there is a bitmap that can be re-projected to this view (same kinds of scales). */
  canReproject(projection: Projection): boolean;
  /** Copies the bitmap, scaled to the view if it was drawn for another one, inside the plot. */
  blit(target: CanvasRenderingContext2D, projection: Projection, alpha: number): void;
  /** The data have changed: the bitmap may be re-projected but matches nothing. */
  invalidate(): void;
  destroy(): void;
}

export function makeCachedLayer(): CachedLayer {
  let canvas: HTMLCanvasElement | null = null;
  let context: CanvasRenderingContext2D | null = null;
  let bitmap: ImageBitmap | null = null;
  let drawn: Projection | null = null;
  let stale = true;
  let width = 0;
  let height = 0;

  function dropBitmap(): void {
    // the collector would keep its pixels for long
    bitmap?.close();
    bitmap = null;
  }

  function dropCanvas(): void {
    // Safari keeps the memory of detached canvases until they are emptied
    if (canvas) canvas.width = canvas.height = 0;
    canvas = null;
    context = null;
  }

  return {
    redraw(projection, widthPx, heightPx, draw) {
      const ratio = projection.pixelRatio;
      const deviceWidth = Math.round(widthPx * ratio);
      const deviceHeight = Math.round(heightPx * ratio);
      canvas ??= document.createElement("canvas");
      if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
        canvas.width = deviceWidth;
        canvas.height = deviceHeight;
      }
      context ??= canvas.getContext("2d");
      if (!context) return;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, widthPx, heightPx);
      draw(makeCanvas2dRenderer(context, ratio), context);
      dropBitmap();
      drawn = projection;
      stale = false;
      width = widthPx;
      height = heightPx;
    },
    take(next, projection, widthPx, heightPx, fresh) {
      dropBitmap();
      dropCanvas();
      bitmap = next;
      drawn = projection;
      stale = !fresh;
      width = widthPx;
      height = heightPx;
    },
    matches(p) {
      return !stale && drawn !== null && sameView(drawn, p);
    },
    canReproject(p) {
      return (
        drawn !== null &&
        sameWarp(drawn.x, p.x) &&
        sameWarp(drawn.y, p.y) &&
        sameWarp(drawn.y2, p.y2) &&
        drawn.pixelRatio === p.pixelRatio
      );
    },
    blit(target, p, alpha) {
      const source = bitmap ?? canvas;
      if (!drawn || !source || source.width === 0 || source.height === 0) return;
      target.save();
      target.globalAlpha = alpha;
      if (sameView(drawn, p)) {
        target.drawImage(source, 0, 0, width, height);
      } else {
        // where the old plot's corners lie in the new view, in warped space, in which both are linear
        const sx = ((drawn.x.warpedHigh - drawn.x.warpedLow) / (p.x.warpedHigh - p.x.warpedLow)) * (p.plot.width / drawn.plot.width);
        const sy = ((drawn.y.warpedHigh - drawn.y.warpedLow) / (p.y.warpedHigh - p.y.warpedLow)) * (p.plot.height / drawn.plot.height);
        const left = p.plot.x + ((drawn.x.warpedLow - p.x.warpedLow) / (p.x.warpedHigh - p.x.warpedLow)) * p.plot.width;
        const top = p.plot.y + (1 - (drawn.y.warpedHigh - p.y.warpedLow) / (p.y.warpedHigh - p.y.warpedLow)) * p.plot.height;
        target.beginPath();
        target.rect(p.plot.x, p.plot.y, p.plot.width, p.plot.height);
        target.clip();
        target.drawImage(source, left - drawn.plot.x * sx, top - drawn.plot.y * sy, width * sx, height * sy);
      }
      target.restore();
    },
    invalidate() {
      stale = true;
    },
    destroy() {
      dropBitmap();
      dropCanvas();
      drawn = null;
    },
  };
}

function sameWarp(a: Scale | null | undefined, b: Scale | null | undefined): boolean {
  return a?.kind === b?.kind && a?.linear === b?.linear;
}

function sameScale(a: Scale | null | undefined, b: Scale | null | undefined): boolean {
  return a === b || (a?.low === b?.low && a?.high === b?.high && sameWarp(a, b));
}

/** True if the two would put everything in the same places. */
export function sameView(a: Projection, b: Projection): boolean {
  return (
    sameScale(a.x, b.x) &&
    sameScale(a.y, b.y) &&
    sameScale(a.y2, b.y2) &&
    a.pixelRatio === b.pixelRatio &&
    a.plot.x === b.plot.x &&
    a.plot.y === b.plot.y &&
    a.plot.width === b.plot.width &&
    a.plot.height === b.plot.height
  );
}
