/**
 * A bitmap of the lines together with the view it was drawn for. While zooming and panning the last
 * bitmap is re-projected (a scaled copy, 0.1 ms) until an exact one is drawn; a rasteriser in a
 * worker hands its bitmaps over in the same way.
 */

import { makeCanvas2dRenderer } from "./canvas2d.ts";
import type { Projection } from "./project.ts";
import type { Renderer } from "./renderer.ts";

export interface CachedLayer {
  /** Clears the bitmap and draws it anew for this view. */
  redraw(projection: Projection, widthPx: number, heightPx: number, draw: (renderer: Renderer) => void): void;
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
  const canvas = document.createElement("canvas");
  let context: CanvasRenderingContext2D | null = null;
  let drawn: Projection | null = null;
  let stale = true;
  let width = 0;
  let height = 0;

  return {
    redraw(projection, widthPx, heightPx, draw) {
      const ratio = projection.pixelRatio;
      const deviceWidth = Math.round(widthPx * ratio);
      const deviceHeight = Math.round(heightPx * ratio);
      if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
        canvas.width = deviceWidth;
        canvas.height = deviceHeight;
      }
      context ??= canvas.getContext("2d");
      if (!context) return;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, widthPx, heightPx);
      draw(makeCanvas2dRenderer(context, ratio));
      drawn = projection;
      stale = false;
      width = widthPx;
      height = heightPx;
    },
    matches(p) {
      return !stale && drawn !== null && sameView(drawn, p);
    },
    canReproject(p) {
      return drawn !== null && drawn.x.kind === p.x.kind && drawn.y.kind === p.y.kind && drawn.pixelRatio === p.pixelRatio;
    },
    blit(target, p, alpha) {
      if (!drawn || canvas.width === 0 || canvas.height === 0) return;
      target.save();
      target.globalAlpha = alpha;
      if (sameView(drawn, p)) {
        target.drawImage(canvas, 0, 0, width, height);
      } else {
        // where the old plot's corners lie in the new view, in warped space, in which both are linear
        const sx = ((drawn.x.warpedHigh - drawn.x.warpedLow) / (p.x.warpedHigh - p.x.warpedLow)) * (p.plot.width / drawn.plot.width);
        const sy = ((drawn.y.warpedHigh - drawn.y.warpedLow) / (p.y.warpedHigh - p.y.warpedLow)) * (p.plot.height / drawn.plot.height);
        const left = p.plot.x + ((drawn.x.warpedLow - p.x.warpedLow) / (p.x.warpedHigh - p.x.warpedLow)) * p.plot.width;
        const top = p.plot.y + (1 - (drawn.y.warpedHigh - p.y.warpedLow) / (p.y.warpedHigh - p.y.warpedLow)) * p.plot.height;
        target.beginPath();
        target.rect(p.plot.x, p.plot.y, p.plot.width, p.plot.height);
        target.clip();
        target.drawImage(canvas, left - drawn.plot.x * sx, top - drawn.plot.y * sy, width * sx, height * sy);
      }
      target.restore();
    },
    invalidate() {
      stale = true;
    },
    destroy() {
      canvas.width = canvas.height = 0;
      context = null;
      drawn = null;
    },
  };
}

function sameView(a: Projection, b: Projection): boolean {
  return (
    a.x.kind === b.x.kind &&
    a.y.kind === b.y.kind &&
    a.x.low === b.x.low &&
    a.x.high === b.x.high &&
    a.y.low === b.y.low &&
    a.y.high === b.y.high &&
    a.pixelRatio === b.pixelRatio &&
    a.plot.x === b.plot.x &&
    a.plot.y === b.plot.y &&
    a.plot.width === b.plot.width &&
    a.plot.height === b.plot.height
  );
}
