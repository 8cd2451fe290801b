/** What a line worker does, without the worker: keeps columns and lists of lines, and paints them for a view. */

import { type Density, makeDensity } from "./density.ts";
import { drawLines, styleFor } from "./line_layer.ts";
import { decodeLines, decodeView, type ToWorker, type WireView } from "./line_wire.ts";
import type { LineSeries, Values } from "./series.ts";
import { makeSpanRenderer, type SpanRenderer } from "./span_renderer.ts";

export interface Painted {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface LinePainter {
  /** Takes in everything but requests to draw. */
  tell(message: Exclude<ToWorker, { do: "draw" }>): void;
  /** RGBA bytes, valid until the next call; null for a layer that is not known or has no room. */
  paint(layer: number, view: WireView): Painted | null;
  /** How many columns and layers are kept. */
  readonly kept: { readonly columns: number; readonly layers: number };
}

/** So many layers' densities are remembered: about the charts of a page. */
const MOST_DENSITIES = 24;

export function makeLinePainter(): LinePainter {
  const columns = new Map<number, Values>();
  const layers = new Map<number, readonly LineSeries[]>();
  // the one used last is the last
  const densities = new Map<number, Density>();
  // charts of a page mostly have one size
  let renderer: SpanRenderer | null = null;
  let data = new Uint8ClampedArray(0);

  function densityOf(layer: number): Density {
    const density = densities.get(layer) ?? makeDensity();
    densities.delete(layer);
    densities.set(layer, density);
    for (const oldest of densities.keys()) {
      if (densities.size <= MOST_DENSITIES) break;
      densities.delete(oldest);
    }
    return density;
  }

  return {
    tell(message) {
      switch (message.do) {
        case "columns":
          for (const [number, values] of message.add) columns.set(number, values);
          for (const number of message.drop) columns.delete(number);
          break;
        case "lines":
          layers.set(message.layer, decodeLines(message.lines, columns, layers.get(message.layer)));
          break;
        case "free":
          layers.delete(message.layer);
          densities.delete(message.layer);
          if (layers.size === 0) renderer = null;
      }
    },
    paint(layer, wire) {
      const list = layers.get(layer);
      const { projection, widthPx, heightPx, ramp } = decodeView(wire);
      const width = Math.round(widthPx * projection.pixelRatio);
      const height = Math.round(heightPx * projection.pixelRatio);
      if (!list || width === 0 || height === 0) return null;
      if (data.length !== 4 * width * height) data = new Uint8ClampedArray(4 * width * height);
      if (ramp) {
        densityOf(layer).draw(list, projection, width, height, ramp, data);
        return { data, width, height };
      }
      // a chart that shows its lines again does not need it for long
      densities.delete(layer);
      if (renderer?.width !== width || renderer.height !== height) renderer = makeSpanRenderer(width, height);
      renderer.clear(projection.pixelRatio);
      drawLines(renderer, list, projection, styleFor(list.length), renderer);
      renderer.writeTo(data);
      return { data, width, height };
    },
    get kept() {
      return { columns: columns.size, layers: layers.size };
    },
  };
}
