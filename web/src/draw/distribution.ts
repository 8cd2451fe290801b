/** Histograms as bands between percentiles over the axis of steps or times, at TensorBoard's nine percentiles. */

import { drawAxes, drawGrid, layoutAxes } from "./axis";
import { AXIS_UNITS, type HistogramPlot, makePositions, nearestPosition, type PlotInput, withOwnTick } from "./histogram_plot";
import { BASIS_POINTS, percentiles } from "./histogram_series";
import { HAIRLINE, type Strip } from "./renderer";
import { makeScale, padDomain } from "./scale";

/** Alpha of the bands from the outermost (minimum to maximum) to the innermost; they lie on each other. */
const ALPHAS = [0.16, 0.2, 0.26, 0.34];
const MEDIAN = 4;
/** Half the width of the box that a lone histogram gets, in CSS px. */
const LONE_PX = 18;

/** Percentiles of every histogram, float64[n × 9], and their extent; null if no histogram holds anything. */
export function makeBands(input: PlotInput): { bands: Float64Array; low: number; high: number } | null {
  const n = input.series.step.length;
  const bands = new Float64Array(n * BASIS_POINTS.length);
  let low = Infinity;
  let high = -Infinity;
  for (let s = 0; s < n; s++) {
    const at = s * BASIS_POINTS.length;
    percentiles(input.series, s, BASIS_POINTS, bands, at);
    const first = bands[at]!;
    const last = bands[at + BASIS_POINTS.length - 1]!;
    if (first < low) low = first;
    if (last > high) high = last;
  }
  return low <= high ? { bands, low, high } : null;
}

export function makeDistribution(input: PlotInput): HistogramPlot {
  const { series, size, theme, xAxis } = input;
  const made = makeBands(input);
  if (!made) return { draw: () => undefined, pick: () => null, drawCursor: () => undefined, drawn: 0, cut: 0 };
  const { bands } = made;
  const n = series.step.length;
  const k = BASIS_POINTS.length;
  const domain = padDomain("linear", made.low, made.high, 0.04);
  const y = makeScale("linear", domain.low, domain.high);
  const { positions, scale: x } = makePositions(series, xAxis);
  const axes = layoutAxes(size, { scale: x, unit: AXIS_UNITS[xAxis] }, { scale: y, unit: "number" }, input.measure);
  const layout = withOwnTick(axes, positions);
  const { plot } = layout;
  const bottom = plot.y + plot.height;
  const toX = (at: number): number => plot.x + x.toUnit(at) * plot.width;
  const toY = (value: number): number => bottom - y.toUnit(value) * plot.height;

  /** Band between percentile `lower` and its mirror; a lone histogram becomes a box. */
  function makeBand(lower: number): Strip {
    const count = n === 1 ? 2 : n;
    const strip = { x: new Float32Array(count), y: new Float32Array(count), y2: new Float32Array(count), count };
    for (let i = 0; i < count; i++) {
      const s = n === 1 ? 0 : i;
      strip.x[i] = toX(positions[s]!) + (n === 1 ? (i - 0.5) * 2 * LONE_PX : 0);
      strip.y[i] = toY(bands[s * k + k - 1 - lower]!);
      strip.y2[i] = toY(bands[s * k + lower]!);
    }
    return strip;
  }

  const strips = ALPHAS.map((_, lower) => makeBand(lower));
  const median = makeBand(MEDIAN);

  return {
    drawn: n,
    cut: 0,
    draw(renderer) {
      drawGrid(renderer, layout, y, theme);
      renderer.clip(plot);
      strips.forEach((strip, i) => renderer.strip(strip, { color: input.color, alpha: ALPHAS[i]! }));
      renderer.polyline({ ...strips[0]! }, { color: input.color, width: HAIRLINE, alpha: 0.6, dash: [] });
      renderer.polyline({ ...strips[0]!, y: strips[0]!.y2 }, { color: input.color, width: HAIRLINE, alpha: 0.6, dash: [] });
      renderer.polyline(median, { color: input.color, width: 2, alpha: 1, dash: [] });
      renderer.unclip();
      drawAxes(renderer, layout, x, y, size.widthPx, theme);
    },
    pick(px, py) {
      if (px < plot.x - 4 || px > plot.x + plot.width + 4 || py < plot.y || py > bottom || n === 0) return null;
      const index = nearestPosition(positions, x.fromUnit((px - plot.x) / plot.width));
      return { index, value: y.fromUnit((bottom - py) / plot.height) };
    },
    drawCursor(renderer, { index }) {
      const at = toX(positions[index]!);
      renderer.rule(at, plot.y, at, bottom, { color: theme.cursor, width: HAIRLINE, alpha: 1, dash: [3, 3] });
      const dots = { x: new Float32Array(k), y: new Float32Array(k), count: k };
      for (let i = 0; i < k; i++) {
        dots.x[i] = at;
        dots.y[i] = toY(bands[index * k + i]!);
      }
      renderer.marks("dot", dots, 2.5, { color: input.color, alpha: 1 }, theme.surface);
      const middle = { x: dots.x.subarray(MEDIAN), y: dots.y.subarray(MEDIAN), count: 1 };
      renderer.marks("ring", middle, 4, { color: input.color, alpha: 1 }, theme.surface);
    },
  };
}
