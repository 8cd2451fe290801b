/**
 * Histograms as a heat map: one column per step, value upwards, colour for the share of the step's values per bin,
 * with the 5th, 50th and 95th percentile as lines. Every histogram of the series has its column.
 */

import { mixColors, parseHex } from "../base/color";
import { drawAxes, drawGrid, layoutAxes } from "./axis";
import {
  AXIS_UNITS,
  type HistogramPlot,
  makePositions,
  nearestPosition,
  type PlotInput,
  withOwnTick,
} from "./histogram_plot";
import { bucketAt, describeStep, drawableRange, percentiles, rebin, totalCount, valueRange } from "./histogram_series";
import { HAIRLINE } from "./renderer";
import { makeScale, type Scale } from "./scale";

/** Height of a bin in CSS px. */
const BIN_PX = 2;
const LINES = [500, 5000, 9500] as const;

/** Edges of the columns on the axis, float64[n + 1]: half way between neighbours, the outer ones as far out as in. */
export function columnEdges(positions: Float64Array): Float64Array {
  const n = positions.length;
  const edges = new Float64Array(n + 1);
  for (let i = 1; i < n; i++) edges[i] = (positions[i - 1]! + positions[i]!) / 2;
  const half = n > 1 ? [edges[1]! - positions[0]!, positions[n - 1]! - edges[n - 1]!] : [0.5, 0.5];
  edges[0] = positions[0]! - Math.max(half[0]!, 0);
  edges[n] = positions[n - 1]! + Math.max(half[1]!, 0);
  return edges;
}

/** 256 opaque colours from the surface to the run's colour and on towards the text, as RGBA bytes. */
export function makeRamp(surface: string, color: string, text: string): Uint8ClampedArray {
  const ramp = new Uint8ClampedArray(256 * 4);
  const strongest = mixColors(color, text, 0.35);
  for (let i = 0; i < 256; i++) {
    const share = i / 255;
    const mixed = share < 0.75 ? mixColors(surface, color, share / 0.75) : mixColors(color, strongest, (share - 0.75) * 4);
    ramp.set([...parseHex(mixed), 255], i * 4);
  }
  return ramp;
}

/**
 * Share of each step's mass by bin, with equal bins over the scale, lowest value first: float64[n × bins], and the
 * highest share among histograms of more than one value.
 */
export function heatShares(input: PlotInput, scale: Scale, bins: number): { shares: Float64Array; highest: number } {
  const { series } = input;
  const n = series.step.length;
  const shares = new Float64Array(n * bins);
  let highest = 0;
  for (let s = 0; s < n; s++) {
    const total = totalCount(series, s);
    if (total === 0) continue;
    rebin(series, s, scale.low, scale.high, bins, shares, s * bins);
    const spread = describeStep(series, s) === "spread";
    for (let b = s * bins; b < (s + 1) * bins; b++) {
      shares[b]! /= total;
      if (spread && shares[b]! > highest) highest = shares[b]!;
    }
  }
  return { shares, highest: highest > 0 ? highest : 1 };
}

export function makeHeatmap(input: PlotInput): HistogramPlot {
  const { series, size, theme, xAxis } = input;
  const range = valueRange(series);
  if (!range) return { draw: () => undefined, pick: () => null, drawCursor: () => undefined, drawn: 0, cut: 0 };
  const [low, high] = drawableRange(range);
  const y = makeScale("linear", low, high);
  const { positions } = makePositions(series, xAxis);
  const n = positions.length;
  const edges = columnEdges(positions);
  const x = makeScale("linear", edges[0]!, edges[n]! > edges[0]! ? edges[n]! : edges[0]! + 1);
  const axes = layoutAxes(size, { scale: x, unit: AXIS_UNITS[xAxis] }, { scale: y, unit: "number" }, input.measure);
  const layout = withOwnTick(axes, positions);
  const { plot } = layout;
  const bottom = plot.y + plot.height;
  const bins = Math.max(8, Math.round(plot.height / BIN_PX));
  const { shares, highest } = heatShares(input, y, bins);
  const toX = (at: number): number => plot.x + x.toUnit(at) * plot.width;
  const toY = (value: number): number => bottom - y.toUnit(value) * plot.height;

  const lines = LINES.map(() => ({ x: new Float32Array(n), y: new Float32Array(n), count: n }));
  const quantiles = new Float64Array(LINES.length);
  for (let s = 0; s < n; s++) {
    percentiles(series, s, LINES, quantiles);
    lines.forEach((line, k) => {
      line.x[s] = toX(positions[s]!);
      line.y[s] = toY(quantiles[k]!);
    });
  }

  function drawCells(context: CanvasRenderingContext2D): void {
    const image = new ImageData(n, bins);
    const ramp = makeRamp(theme.surface, input.color, theme.text);
    for (let s = 0; s < n; s++) {
      for (let b = 0; b < bins; b++) {
        // the square root keeps thin tails visible beside a high peak
        const share = shares[s * bins + b]!;
        const level = share > 0 ? 10 + Math.round(245 * Math.sqrt(Math.min(1, share / highest))) : 0;
        const to = ((bins - 1 - b) * n + s) * 4;
        for (let c = 0; c < 4; c++) image.data[to + c] = ramp[level * 4 + c]!;
      }
    }
    const cells = document.createElement("canvas");
    cells.width = n;
    cells.height = bins;
    cells.getContext("2d")?.putImageData(image, 0, 0);
    context.save();
    context.imageSmoothingEnabled = false;
    const snap = (px: number): number => Math.round(px * input.pixelRatio) / input.pixelRatio;
    for (let s = 0; s < n; s++) {
      const from = snap(toX(edges[s]!));
      const to = snap(toX(edges[s + 1]!));
      if (to > from) context.drawImage(cells, s, 0, 1, bins, from, plot.y, to - from, plot.height);
    }
    context.restore();
  }

  return {
    drawn: n,
    cut: 0,
    draw(renderer, context) {
      drawGrid(renderer, layout, y, theme);
      if (context) drawCells(context);
      renderer.clip(plot);
      const halo = { color: theme.surface, width: 3, alpha: 0.55, dash: [] };
      if (n > 1) {
        lines.forEach((line, k) => {
          if (k === 1) renderer.polyline(line, halo);
          renderer.polyline(line, { color: theme.text, width: k === 1 ? 1.5 : 1, alpha: k === 1 ? 0.9 : 0.55, dash: k === 1 ? [] : [4, 3] });
        });
      }
      renderer.unclip();
      drawAxes(renderer, layout, x, y, size.widthPx, theme);
    },
    pick(px, py) {
      if (px < plot.x || px > plot.x + plot.width || py < plot.y || py > bottom || n === 0) return null;
      const index = nearestPosition(positions, x.fromUnit((px - plot.x) / plot.width));
      return { index, value: y.fromUnit((bottom - py) / plot.height) };
    },
    drawCursor(renderer, { index, value }) {
      const from = Math.max(plot.x, toX(edges[index]!));
      const to = Math.min(plot.x + plot.width, toX(edges[index + 1]!));
      renderer.clip(plot);
      const stroke = { color: theme.text, width: HAIRLINE, alpha: 0.7, dash: [] };
      renderer.rule(from, plot.y, from, bottom, stroke);
      renderer.rule(to, plot.y, to, bottom, stroke);
      const bucket = bucketAt(series, index, value);
      if (bucket >= 0) {
        const top = toY(series.right[bucket]!);
        const height = Math.max(2, toY(series.left[bucket]!) - top);
        renderer.rect({ x: from, y: top, width: Math.max(2, to - from), height }, null, { color: theme.text, width: 1.5, alpha: 1, dash: [] });
      }
      renderer.unclip();
    },
  };
}
