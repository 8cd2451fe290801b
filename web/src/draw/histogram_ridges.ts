/**
 * Histograms as outlines over the value axis: as a ridgeline (one behind the other, newest in front) or overlaid on
 * one count axis. Outlines are frequency polygons over equal bins that hold exactly the mass of the logged buckets;
 * what lies under the pointer is drawn from the logged buckets themselves.
 */

import { mixColors } from "../base/color";
import { drawAxes, drawGrid, layoutAxes, ticksFor } from "./axis";
import { drawBars, makeBars } from "./histogram_bins";
import {
  AXIS_UNITS,
  type HistogramPick,
  type HistogramPlot,
  makePositions,
  type PlotInput,
  spreadIndices,
} from "./histogram_plot";
import { bucketAt, describeStep, drawableRange, rebin, stepRange, totalCount, valueRange } from "./histogram_series";
import { HAIRLINE, type Renderer, type Strip } from "./renderer";
import { makeScale, type Scale } from "./scale";

/** Least width of a drawn bin in CSS px. */
const BIN_PX = 5;
/** Least distance of neighbouring ridges in CSS px: closer ones cannot be told apart. */
const RIDGE_PX = 3;
const FEWEST_BINS = 16;
/** Colour of the oldest and the newest outline, as shares of the run's colour on the surface. */
const OLDEST = 0.2;
const NEWEST = 0.85;

interface Outlines {
  /** Indices into the series, oldest first. */
  readonly shown: number[];
  readonly bins: number;
  readonly low: number;
  readonly high: number;
  /** Mass by shown histogram, then bin. */
  readonly mass: Float64Array;
  /** Mass that reaches the top. */
  readonly peak: number;
  /** How many of the shown histograms have bins above it. */
  readonly cut: number;
}

/** A bin this many times as high as nearly all others (a ReLU's zeros) is cut, or nothing else could be seen. */
const CUT_ABOVE = 3;
const NEARLY_ALL = 0.97;

/** The mass to scale by: the highest, unless few bins tower above the rest. 1 if there are none. */
export function robustPeak(masses: Float64Array): number {
  const sorted = masses.filter((mass) => mass > 0).sort();
  if (sorted.length === 0) return 1;
  const highest = sorted.at(-1)!;
  const limit = CUT_ABOVE * sorted[Math.floor((sorted.length - 1) * NEARLY_ALL)]!;
  return Math.min(highest, limit);
}

/**
 * How many bins: narrow ones show the noise of small counts, wide ones hide peaks. Three times the cube root of the
 * number of values (Rice's rule has two, for one histogram; here neighbours in time help the eye), as far as pixels go.
 */
export function binCount(values: number, widthPx: number): number {
  const most = Math.max(FEWEST_BINS, Math.min(160, Math.round(widthPx / BIN_PX)));
  return Math.min(most, Math.max(FEWEST_BINS, Math.ceil(3 * Math.cbrt(values))));
}

function makeOutlines(input: PlotInput, low: number, high: number, widthPx: number, most: number): Outlines {
  const { series } = input;
  const shown = spreadIndices(series.step.length, most);
  const newest = shown.at(-1);
  const bins = binCount(newest === undefined ? 0 : totalCount(series, newest), widthPx);
  const mass = new Float64Array(shown.length * bins);
  const spread = new Float64Array(mass.length);
  shown.forEach((s, row) => {
    rebin(series, s, low, high, bins, mass, row * bins);
    // one value would be a spike above everything else
    if (describeStep(series, s) === "spread") spread.set(mass.subarray(row * bins, (row + 1) * bins), row * bins);
  });
  const peak = robustPeak(spread);
  const cut = shown.filter((_, row) => spread.subarray(row * bins, (row + 1) * bins).some((each) => each > peak)).length;
  return { shown, bins, low, high, mass, peak, cut };
}

function shade(input: PlotInput, row: number, rows: number): string {
  const age = rows < 2 ? 1 : row / (rows - 1);
  return mixColors(input.theme.surface, input.color, OLDEST + (NEWEST - OLDEST) * age);
}

/** Outline of one row as a strip over its base line: bin centres and both ends. Where nothing is, it has gaps. */
function traceOutline(
  outlines: Outlines,
  row: number,
  scale: Scale,
  plotX: number,
  plotWidth: number,
  toY: (mass: number) => number,
  strip: Strip,
): void {
  const { bins, low, high, mass } = outlines;
  const width = (high - low) / bins;
  const base = toY(0);
  const at = (b: number): number => (b < 0 || b >= bins ? 0 : mass[row * bins + b]!);
  let n = 0;
  const put = (value: number, y: number): void => {
    strip.x[n] = plotX + Math.min(1, Math.max(0, scale.toUnit(value))) * plotWidth;
    strip.y[n] = y;
    strip.y2[n] = base;
    n++;
  };
  put(low, toY(at(0) / 2));
  for (let b = 0; b < bins; b++) {
    const nothing = at(b) === 0 && at(b - 1) === 0 && at(b + 1) === 0;
    put(low + (b + 0.5) * width, nothing ? NaN : toY(at(b)));
  }
  put(high, toY(at(bins - 1) / 2));
  strip.count = n;
}

function makeStrip(length: number): Strip {
  return { x: new Float32Array(length), y: new Float32Array(length), y2: new Float32Array(length), count: 0 };
}

/** Range of values for an outline: what is logged, with a little room so that the ends are seen to fall to zero. */
function outlineRange(input: PlotInput): [number, number] | null {
  const range = valueRange(input.series);
  if (!range) return null;
  const [low, high] = drawableRange(range);
  const room = (high - low) * 0.02;
  return Number.isFinite(high - low + room) ? [low - room, high + room] : [low, high];
}

const emptyPlot: HistogramPlot = { draw: () => undefined, pick: () => null, drawCursor: () => undefined, drawn: 0, cut: 0 };

/** One behind the other along the axis of steps or times; the newest is in front, at the bottom. */
export function makeRidgeline(input: PlotInput): HistogramPlot {
  const { series, size, theme, xAxis } = input;
  const range = outlineRange(input);
  if (!range) return emptyPlot;
  const values = makeScale("linear", range[0], range[1]);
  const { positions, scale: depth } = makePositions(series, xAxis);

  // The layout of axes expects numbers from bottom to top; here the oldest is at the top, so the axis is turned over.
  const turned = makeScale("linear", -depth.high, -depth.low);
  const unit = AXIS_UNITS[xAxis];
  const heightPx = size.heightPx - 30;
  const reach = series.step.length < 2 ? heightPx * 0.9 : Math.max(24, heightPx * 0.3);
  const layout = layoutAxes(size, { scale: values, unit: "number" }, { scale: turned, unit: "number" }, () => 0);
  const ticks = ticksFor(depth, unit, Math.max(2, Math.floor((heightPx - reach) / 36)));
  const gutter = Math.min(size.widthPx / 3, ticks.reduce((most, t) => Math.max(most, input.measure(t.label)), 16) + 12);
  const plot = { ...layout.plot, x: 6, width: Math.max(1, size.widthPx - 6 - gutter) };
  const bottom = plot.y + plot.height;
  const single = series.step.length < 2;
  const baseOf = (at: number): number => (single ? bottom : plot.y + reach + depth.toUnit(at) * (plot.height - reach));

  const outlines = makeOutlines(input, range[0], range[1], plot.width, Math.max(8, Math.floor((plot.height - reach) / RIDGE_PX)));
  const { shown, bins } = outlines;
  const pxPerMass = (reach * 0.95) / outlines.peak;
  const heightOf = (mass: number): number => Math.min(reach, mass * pxPerMass);
  const toPx = (value: number): number => plot.x + values.toUnit(value) * plot.width;
  const strip = makeStrip(bins + 2);

  function drawRow(renderer: Renderer, row: number): void {
    const s = shown[row]!;
    const base = baseOf(positions[s]!);
    const color = shade(input, row, shown.length);
    if (describeStep(series, s) === "single") {
      // one value has no outline: it is a stem
      const at = toPx(stepRange(series, s)![0]);
      const stem = { x: at - 1.5, y: base - reach * 0.6, width: 3, height: reach * 0.6 };
      renderer.rect(stem, { color, alpha: 1 }, null);
      return;
    }
    traceOutline(outlines, row, values, plot.x, plot.width, (mass) => base - heightOf(mass), strip);
    renderer.strip(strip, { color, alpha: 0.94 });
    const line = mixColors(color, theme.surface, shown.length > 12 ? 0.6 : 0.9);
    renderer.polyline(strip, { color: line, width: shown.length > 12 ? HAIRLINE : 1, alpha: 1, dash: [] });
  }

  return {
    drawn: shown.length,
    cut: outlines.cut,
    draw(renderer) {
      const axis = { plot, xTicks: ticksFor(values, "number", Math.max(2, Math.floor(plot.width / 70))), yTicks: [] };
      for (const tick of axis.xTicks) {
        const at = toPx(tick.value);
        renderer.rule(at, plot.y, at, bottom, { color: theme.grid, width: HAIRLINE, alpha: 1, dash: [] });
      }
      const style = { color: theme.muted, font: theme.font, align: "left", baseline: "middle" } as const;
      for (const tick of single ? [] : ticks) {
        const at = baseOf(tick.value);
        if (at < plot.y + reach - 1 || at > bottom + 1) continue;
        renderer.rule(plot.x, at, plot.x + plot.width + 4, at, { color: theme.grid, width: HAIRLINE, alpha: 1, dash: [] });
        renderer.text(tick.label, plot.x + plot.width + 8, Math.min(at, size.heightPx - 6), style);
      }
      for (let row = 0; row < shown.length; row++) drawRow(renderer, row);
      drawAxes(renderer, axis, values, turned, size.widthPx, theme);
    },
    pick(x, y) {
      if (x < plot.x - 2 || x > plot.x + plot.width + 2 || y < plot.y || y > bottom + 4 || shown.length === 0) return null;
      const value = values.fromUnit((x - plot.x) / plot.width);
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(((x - plot.x) / plot.width) * bins)));
      // the front-most outline that the pointer is on, else the nearest base line
      let nearest = 0;
      let distance = Infinity;
      for (let row = shown.length - 1; row >= 0; row--) {
        const s = shown[row]!;
        const base = baseOf(positions[s]!);
        if (y <= base && y >= base - heightOf(outlines.mass[row * bins + bin]!)) return { index: s, value };
        if (Math.abs(base - y) < distance) {
          distance = Math.abs(base - y);
          nearest = s;
        }
      }
      return { index: nearest, value };
    },
    drawCursor(renderer, { index, value }) {
      const base = baseOf(positions[index]!);
      const row = shown.indexOf(index);
      const bucket = bucketAt(series, index, value);
      const perDensity = pxPerMass * (plot.width / bins);
      const spread = describeStep(series, index) === "spread";
      const style = { color: input.color, alpha: 0.55, highlight: theme.text };
      renderer.rect({ x: plot.x, y: base - reach, width: plot.width, height: reach }, { color: theme.surface, alpha: 0.72 }, null);
      drawBars(renderer, makeBars(series, index, toPx), base, perDensity, spread ? reach : reach * 0.6, bucket, style);
      renderer.rule(plot.x, base, plot.x + plot.width, base, { color: theme.text, width: HAIRLINE, alpha: 1, dash: [] });
      if (row >= 0 && spread) {
        traceOutline(outlines, row, values, plot.x, plot.width, (mass) => base - heightOf(mass), strip);
        renderer.polyline(strip, { color: theme.text, width: 1.25, alpha: 1, dash: [] });
      }
      const at = toPx(value);
      renderer.rule(at, plot.y, at, bottom, { color: theme.cursor, width: HAIRLINE, alpha: 1, dash: [3, 3] });
    },
  };
}

/** All on one axis of counts, old ones pale, the newest strong. */
export function makeOverlay(input: PlotInput): HistogramPlot {
  const { series, size, theme } = input;
  const range = outlineRange(input);
  if (!range) return emptyPlot;
  const values = makeScale("linear", range[0], range[1]);
  const outlines = makeOutlines(input, range[0], range[1], size.widthPx - 48, 60);
  const { shown, bins } = outlines;
  const counts = makeScale("linear", 0, outlines.peak * 1.06);
  const layout = layoutAxes(size, { scale: values, unit: "number" }, { scale: counts, unit: "number" }, input.measure);
  const { plot } = layout;
  const bottom = plot.y + plot.height;
  // a single value may rise above all others: it is cut at the top, as the tooltip tells its count
  const toY = (mass: number): number => bottom - Math.min(1, counts.toUnit(mass)) * plot.height;
  const toPx = (value: number): number => plot.x + values.toUnit(value) * plot.width;
  const strip = makeStrip(bins + 2);

  function drawRow(renderer: Renderer, row: number, color: string, width: number): void {
    traceOutline(outlines, row, values, plot.x, plot.width, toY, strip);
    renderer.polyline(strip, { color, width, alpha: 1, dash: [] });
  }

  return {
    drawn: shown.length,
    cut: outlines.cut,
    draw(renderer) {
      drawGrid(renderer, layout, counts, theme);
      renderer.clip(plot);
      for (let row = 0; row < shown.length; row++) {
        const newest = row === shown.length - 1;
        drawRow(renderer, row, shade(input, row, shown.length), newest ? 2 : HAIRLINE);
      }
      renderer.unclip();
      drawAxes(renderer, layout, values, counts, size.widthPx, theme);
    },
    pick(x, y) {
      if (x < plot.x || x > plot.x + plot.width || y < plot.y || y > bottom + 2 || shown.length === 0) return null;
      const bin = Math.min(bins - 1, Math.floor(((x - plot.x) / plot.width) * bins));
      let best = shown.length - 1;
      let distance = Infinity;
      for (let row = shown.length - 1; row >= 0; row--) {
        const apart = Math.abs(toY(outlines.mass[row * bins + bin]!) - y);
        if (apart < distance) {
          distance = apart;
          best = row;
        }
      }
      return { index: shown[best]!, value: values.fromUnit((x - plot.x) / plot.width) };
    },
    drawCursor(renderer, { index, value }: HistogramPick) {
      const row = shown.indexOf(index);
      const perDensity = (plot.width / bins / counts.high) * plot.height;
      const bucket = bucketAt(series, index, value);
      const style = { color: input.color, alpha: 0.28, highlight: theme.text };
      renderer.clip(plot);
      drawBars(renderer, makeBars(series, index, toPx), bottom, perDensity, plot.height, bucket, style);
      if (row >= 0) drawRow(renderer, row, theme.text, 1.75);
      const at = toPx(value);
      renderer.rule(at, plot.y, at, bottom, { color: theme.cursor, width: HAIRLINE, alpha: 1, dash: [3, 3] });
      renderer.unclip();
    },
  };
}
