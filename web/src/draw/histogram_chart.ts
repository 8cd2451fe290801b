/** A chart of the histograms of one (run, tag): one canvas for the drawing, one for what follows the pointer. */

import { makeCanvas2dRenderer } from "./canvas2d";
import type { ChartTheme } from "./chart_theme";
import { makeDistribution } from "./distribution";
import { frames } from "./frame_queue";
import { makeHeatmap } from "./heatmap";
import type { HistogramPick, HistogramPlot, PlotInput } from "./histogram_plot";
import { makeOverlay, makeRidgeline } from "./histogram_ridges";
import type { HistogramSeries, HistogramXAxis } from "./histogram_series";
import { makeSurface } from "./surface";

export type HistogramView = "ridgeline" | "overlay" | "heatmap" | "bands";

export interface HistogramChartData {
  readonly series: HistogramSeries;
  readonly view: HistogramView;
  readonly xAxis: HistogramXAxis;
  /** The run's colour, `#rrggbb`. */
  readonly color: string;
  readonly theme: ChartTheme;
}

export interface HistogramChart {
  update(data: HistogramChartData): void;
  resize(): void;
  /** What lies at a position in CSS px of the surface. */
  pick(xPx: number, yPx: number): HistogramPick | null;
  /** Marks one histogram and value; null takes the mark away. */
  setCursor(pick: HistogramPick | null): void;
  destroy(): void;
}

const makers: Record<HistogramView, (input: PlotInput) => HistogramPlot> = {
  ridgeline: makeRidgeline,
  overlay: makeOverlay,
  heatmap: makeHeatmap,
  bands: makeDistribution,
};

/** What the view draws of the histograms it was given; see HistogramPlot. */
export type Drawn = Pick<HistogramPlot, "drawn" | "cut">;

/** `surface` must be positioned; `onDrawn` hears after each drawing what it shows. */
export function makeHistogramChart(surface: HTMLElement, onDrawn: (drawn: Drawn) => void): HistogramChart {
  let data: HistogramChartData | null = null;
  let plot: HistogramPlot | null = null;
  let cursor: HistogramPick | null = null;
  const canvases = makeSurface(surface, invalidate);
  const ofBase = {};
  const ofOverlay = {};

  function makePlot(): HistogramPlot | null {
    const { size } = canvases;
    if (!data || size.widthPx < 40 || size.heightPx < 40) return null;
    const { view, ...rest } = data;
    const renderer = makeCanvas2dRenderer(canvases.base, size.pixelRatio);
    const measure = (text: string): number => renderer.measure(text, rest.theme.font);
    return makers[view]({ ...rest, size, pixelRatio: size.pixelRatio, measure });
  }

  function draw(): void {
    plot = makePlot();
    const { widthPx, heightPx, pixelRatio } = canvases.size;
    canvases.base.clearRect(0, 0, widthPx, heightPx);
    plot?.draw(makeCanvas2dRenderer(canvases.base, pixelRatio), canvases.base);
    onDrawn({ drawn: plot?.drawn ?? 0, cut: plot?.cut ?? 0 });
    drawOverlay();
  }

  function drawOverlay(): void {
    if (plot && cursor && data && cursor.index < data.series.step.length) {
      plot.drawCursor(makeCanvas2dRenderer(canvases.showOverlay(), canvases.size.pixelRatio), cursor);
    } else canvases.hideOverlay();
  }

  function invalidate(): void {
    frames.request(ofBase, draw);
  }

  return {
    update(next) {
      data = next;
      invalidate();
    },
    resize() {
      if (canvases.resize()) invalidate();
    },
    pick: (xPx, yPx) => plot?.pick(xPx, yPx) ?? null,
    setCursor(pick) {
      cursor = pick;
      frames.request(ofOverlay, drawOverlay, true);
    },
    destroy() {
      frames.cancel(ofBase);
      frames.cancel(ofOverlay);
      canvases.destroy();
    },
  };
}
