/**
 * The line chart: mounts on an element, draws typed arrays, answers to pointer and keyboard. It
 * knows nothing of frameworks, servers or the page's styles.
 */

import { drawBrush } from "./brush.ts";
import { makeCanvas2dRenderer } from "./canvas2d.ts";
import { commandOf, focusedIndex, moveFocus, type ChartFocus } from "./chart_keys.ts";
import type { CursorLink, CursorPlace } from "./cursor_link.ts";
import { type DensityRamp, densityRamp } from "./density_ramp.ts";
import { frames } from "./frame_queue.ts";
import { listenToGestures, type Box } from "./gestures.ts";
import { groupsThrough, hitTest, type Hit } from "./hit_test.ts";
import type { LineChartData, StepCursor } from "./line_chart_data.ts";
import { drawLines, FADED_ALPHA, HIGHLIGHT_PX, HIGHLIGHT_STYLE, type LineStyle, styleFor } from "./line_layer.ts";
import { drawBackground, drawCursor, drawForeground, layoutFrame, type Frame } from "./line_chart_frame.ts";
import { makeLinePicture, type Motion } from "./line_picture.ts";
import { projectionOf, xToPx, yToPx, type Projection } from "./project.ts";
import { HAIRLINE, type Rect, type Renderer } from "./renderer.ts";
import type { Range } from "./scale.ts";
import { isAscending, leading, type LineSeries } from "./series.ts";
import { drawFixedStepCursor, type Fob, type FobEnd } from "./step_cursor.ts";
import { makeStepCursorControl } from "./step_cursor_control.ts";
import { watchSight } from "./sight.ts";
import { makeSurface } from "./surface.ts";
import type { SvgWords } from "./svg_chart.ts";
import { FITTED, isFitted, panBy, type Viewport } from "./viewport.ts";
import type { ViewportLink } from "./viewport_link.ts";
import { adoptViewport, panView, zoomAround, zoomToBox } from "./zooming.ts";

/** What stands at the cursor. */
export interface Reading {
  /** Nearest line first. */
  readonly hits: readonly Hit[];
  /** Of the crosshair and of the pointer (or of the keyboard's point), CSS px on the surface. */
  readonly xPx: number;
  readonly yPx: number;
  readonly plot: Rect;
  readonly byKeyboard: boolean;
}

export interface LineChartOptions {
  /** The cursor moved; null when it left. */
  onReading?(reading: Reading | null): void;
  /** The first data that the chart was given are on its canvas; told once. */
  onDrawn?(): void;
  /** The view changed by a gesture; `settled` once it has come to rest. */
  onViewport?(viewport: Viewport, settled: boolean): void;
  /** A click close to a line. */
  onPick?(series: LineSeries, event: PointerEvent): void;
  /** Groups (runs) were picked by dragging a rectangle over their lines with Alt held. */
  onBrush?(groups: readonly string[]): void;
  /** The keyboard asked to switch the y axis (or the x axis) between linear and logarithmic, or to leave the chart. */
  onToggleLog?(axis: "x" | "y"): void;
  onLeave?(): void;
  /** The step cursor was set, moved or (null) taken away, by pointer or keyboard. Only then is there one to drag. */
  onStepCursor?(cursor: StepCursor | null): void;
  /** Where the step cursor's fobs stand, when that changes. */
  onFobs?(fobs: readonly Fob[]): void;
  /** The chart was drawn: where its plot lies and what is outside of it. */
  onFrame?(frame: Frame): void;
  /** The page's cursor for charts with the same x axis. */
  link?: CursorLink;
  /** What this chart zooms and pans along x, its other charts do too; they do not call their `onViewport`. */
  viewLink?: ViewportLink;
}

export interface LineChart {
  update(data: LineChartData): void;
  /** Measures the surface again; happens by itself when the element is resized. */
  resize(): void;
  /** What stands at a position on the surface; null outside the plot. */
  pick(xPx: number, yPx: number): Reading | null;
  /** Carries out a key press in chart-focus mode; true if it was one of the chart's keys. */
  key(event: KeyboardEvent): boolean;
  /** Carries out a key press on one end of the step cursor; true if it was one of its keys. */
  fobKey(end: FobEnd, event: KeyboardEvent): boolean;
  /** Forgets the keyboard's cursor. */
  blur(): void;
  /** The picture on an opaque ground, drawn anew at `scale` device pixels per CSS pixel; null before the first data. */
  toCanvas(scale: number): HTMLCanvasElement | null;
  /** The picture as a standalone SVG document, fonts inside; null before the first data. */
  toSvg(words: SvgWords): Promise<string | null>;
  destroy(): void;
}

/** Charts that follow another one's cursor mark all their lines up to this number, then only the run that is read. */
const MOST_LINKED_DOTS = 4;
/** Under a line that is drawn over a density; nothing of its raw values or its band. */
const EDGE_STYLE: LineStyle = { width: HIGHLIGHT_PX + 2.5, alpha: 0.85, rawAlpha: 0, envelopeAlpha: 0, bandAlpha: 0, dots: false };
/** What a density fades to under the run that is raised. */
const FADED_DENSITY_ALPHA = 0.45;
/** What cannot be seen is drawn so much later. */
const LATE_MS = 300;
/** Without a movement for so long (more than a frame), a view counts as resting; nothing is lost if it goes on. */
const REST_MS = 20;
/** A click this close to a line means the line. */
const PICK_PX = 12;

export function makeLineChart(host: HTMLElement, options: LineChartOptions = {}): LineChart {
  let data: LineChartData | null = null;
  let viewport: Viewport = FITTED;
  let frame: Frame | null = null;
  let gesturing = false;
  let motion: Motion = "rests";
  let rest: ReturnType<typeof setTimeout> | undefined;
  let pointer: { x: number; y: number } | null = null;
  let box: Box | null = null;
  let brushed: Rect | null = null;
  let focus: ChartFocus | null = null;
  let linked: CursorPlace | null = options.link?.place ?? null;
  const baseJob = {};
  const overlayJob = {};
  const picture = makeLinePicture(() => requestBase(true));
  let told = false;
  let late: ReturnType<typeof setTimeout> | undefined;
  const sight = watchSight(host, (visible) => {
    if (!visible || late === undefined) return;
    clearTimeout(late);
    late = undefined;
    requestBase(true);
  });
  const surface = makeSurface(host, () => {
    // a resized canvas is blank: fill it in the same frame
    drawBase();
    drawOverlay();
  });

  const steps = makeStepCursorControl({
    data: () => data,
    frame: () => frame,
    changed: () => requestOverlay(),
    onStepCursor: options.onStepCursor,
    onFobs: options.onFobs,
  });

  function drawBase(): void {
    if (!data || surface.size.widthPx === 0 || surface.size.heightPx === 0) return;
    const { widthPx, heightPx, pixelRatio } = surface.size;
    const renderer = makeCanvas2dRenderer(surface.base, pixelRatio);
    const { font } = data.theme;
    frame = layoutFrame({ ...data, viewport }, surface.size, (text) => renderer.measure(text, font));
    const { projection } = frame;
    const { series } = data;
    surface.base.clearRect(0, 0, widthPx, heightPx);
    drawBackground(renderer, frame, data);
    const raised = data.highlighted !== null && series.some((each) => each.group === data?.highlighted);
    const ramp = rampOf(data);
    const alpha = !raised ? 1 : ramp ? FADED_DENSITY_ALPHA : FADED_ALPHA;
    const isThere = picture.draw(surface.base, series, { projection, widthPx, heightPx, ramp }, motion, alpha);
    drawForeground(renderer, frame, data, widthPx, !ramp && styleFor(series.length).dots);
    options.onFrame?.(frame);
    // the step cursor stands in data units, over what has just moved
    if (data.stepCursor) drawOverlay();
    if (!told && isThere && series.some((each) => each.count > 0)) {
      told = true;
      options.onDrawn?.();
    }
  }

  function drawOverlay(): void {
    const reading = box || brushed ? null : currentReading();
    if (!data || !frame || !(box || brushed || reading || steps.isShown)) {
      surface.hideOverlay();
      return;
    }
    const renderer = makeCanvas2dRenderer(surface.showOverlay(), surface.size.pixelRatio);
    const { theme } = data;
    steps.draw(renderer);
    if (box) {
      const rect = boxRect(box, frame.layout.plot);
      const stroke = { color: theme.accent, width: HAIRLINE, alpha: 0.9, dash: [] };
      renderer.rect(rect, { color: theme.accent, alpha: 0.12 }, stroke);
      return;
    }
    if (brushed) {
      drawBrush(renderer, brushed, groupsThrough(data.series, frame.projection, brushed).length, frame.layout.plot, theme);
      return;
    }
    if (reading && data.density) drawRead(renderer, reading, frame.projection);
    if (reading) drawCursor(renderer, frame, data, reading.xPx, reading.hits, pointer !== null || focus !== null);
  }

  /** In a density no line can be told from the others: the one that is read is drawn over it. */
  function drawRead(renderer: Renderer, { hits }: Reading, projection: Projection): void {
    const group = hits[0] && data?.series[hits[0].series]?.group;
    const lines = data?.series.filter((each) => each.group === group) ?? [];
    // its colour may be the density's: an edge sets it off
    const edge = data?.theme.surface ?? "";
    drawLines(renderer, lines.map((line) => ({ ...line, color: edge, dash: [] })), projection, EDGE_STYLE);
    drawLines(renderer, lines, projection, HIGHLIGHT_STYLE);
  }

  /** What the keyboard, the pointer or another chart points at, in this order. */
  function currentReading(): Reading | null {
    if (!data || !frame) return null;
    const { projection, layout } = frame;
    if (focus) return focusReading(focus, projection);
    if (pointer) return read(pointer.x, pointer.y);
    if (!linked || linked.x < projection.x.low || linked.x > projection.x.high) return null;
    const xPx = xToPx(projection, linked.x);
    const all = hitTest(data.series, projection, xPx, null);
    const { series } = data;
    const { group } = linked;
    // the run that is read elsewhere; every line only where that does not crowd
    const same = all.filter((hit) => series[hit.series]?.group === group);
    const hits = all.length > MOST_LINKED_DOTS ? same : all;
    return { hits, xPx, yPx: NaN, plot: layout.plot, byKeyboard: false };
  }

  function read(x: number, y: number): Reading | null {
    if (!data || !frame) return null;
    const { plot } = frame.layout;
    const inPlot = x >= plot.x - 4 && x <= plot.x + plot.width + 8 && y >= plot.y - 8 && y <= plot.y + plot.height + 8;
    if (!inPlot) return null;
    const xIn = Math.min(Math.max(x, plot.x), plot.x + plot.width);
    const candidates = data.highlighted !== null && data.series.some((s) => s.group === data?.highlighted) ? data.highlighted : null;
    const hits = hitTest(data.series, frame.projection, xIn, y);
    // a raised run is what is being read, wherever the pointer is
    if (candidates !== null) hits.sort((a, b) => Number(isRaised(b)) - Number(isRaised(a)) || a.distancePx - b.distancePx);
    const nearest = hits[0];
    // the crosshair stands on a logged point, if that is anywhere near
    const snapped = nearest && nearest.xPx >= plot.x - 1 && nearest.xPx <= plot.x + plot.width + 1 ? nearest.xPx : xIn;
    return { hits, xPx: snapped, yPx: y, plot, byKeyboard: false };
  }

  function isRaised(hit: Hit): boolean {
    return data?.series[hit.series]?.group === data?.highlighted;
  }

  function focusReading(at: ChartFocus, projection: Projection): Reading | null {
    if (!data || !frame) return null;
    const { series } = data;
    const line = series.find((each) => each.key === at.key);
    if (!line) return null;
    const xPx = xToPx(projection, at.x);
    // where x turns back, several points share it
    const yPx = isAscending(line) ? null : yToPx(projectionOf(projection, line), leading(line)[focusedIndex(line, at)]!);
    const hits = hitTest(series, projection, xPx, yPx);
    const [hit] = hits.splice(hits.findIndex((each) => series[each.series] === line), 1);
    return hit && series[hit.series] === line ? { hits: [hit, ...hits], xPx, yPx: hit.yPx, plot: frame.layout.plot, byKeyboard: true } : null;
  }

  function requestBase(urgent: boolean): void {
    if (sight.visible || !frame) frames.request(baseJob, drawBase, urgent);
    // a card that waits beyond the edge of the page follows when those that are seen have had their turn
    else late ??= setTimeout(drawLate, LATE_MS);
  }

  function drawLate(): void {
    late = undefined;
    frames.request(baseJob, drawBase);
  }

  const requestOverlay = (): void => frames.request(overlayJob, drawOverlay, true);

  function tell(): void {
    const reading = pointer || focus ? currentReading() : null;
    const nearest = reading?.hits[0];
    const line = nearest && data?.series[nearest.series];
    options.link?.move(line ? { x: nearest.x, group: line.group } : null, onLinked);
    options.onReading?.(reading);
    requestOverlay();
  }

  function onLinked(place: CursorPlace | null): void {
    linked = place;
    if (!pointer) requestOverlay();
  }

  function showViewport(next: Viewport, moves: Motion): void {
    viewport = next;
    motion = moves;
    clearTimeout(rest);
    // exact again between two turns of a wheel, whether the gesture goes on or not
    if (moves !== "rests") rest = setTimeout(comeToRest, REST_MS);
    requestBase(true);
    // what stands under the cursor has moved
    if (pointer || focus) requestOverlay();
  }

  function comeToRest(): void {
    motion = "rests";
    // the view of the last frame is the one to stay
    const { widthPx, heightPx } = surface.size;
    if (frame && data && sight.visible) picture.prepare(data.series, { projection: frame.projection, widthPx, heightPx, ramp: rampOf(data) });
    requestBase(false);
  }

  function setViewport(next: Viewport, settled: boolean): void {
    gesturing = !settled;
    showViewport(next, settled ? "rests" : "leads");
    options.viewLink?.move(next.x, settled, onViewLinked);
    options.onViewport?.(next, settled);
  }

  function onViewLinked(x: Range | null, settled: boolean): void {
    if (data) showViewport({ ...viewport, x }, settled ? "rests" : "follows");
  }

  function zoomBy(unitX: number, unitY: number, factor: number, settled: boolean): void {
    const next = frame && zoomAround(viewport, frame.projection, unitX, unitY, factor);
    if (next) setViewport(next, settled);
  }

  function pickGroups(rect: Rect): void {
    const groups = data && frame ? groupsThrough(data.series, frame.projection, rect) : [];
    if (groups.length > 0) options.onBrush?.(groups);
  }

  const stopGestures = listenToGestures(host, {
    plot: () => frame?.layout.plot ?? { x: 0, y: 0, width: 0, height: 0 },
    hover(x, y) {
      pointer = { x, y };
      focus = null;
      tell();
    },
    leave() {
      if (!pointer) return;
      pointer = null;
      tell();
    },
    box(next) {
      box = next;
      requestOverlay();
    },
    zoomToBox(done) {
      const next = frame && zoomToBox(viewport, frame.projection, done);
      if (next) setViewport(next, true);
    },
    pan(dx, dy) {
      if (!frame) return;
      const { plot } = frame.layout;
      const next = panView(viewport, frame.projection, -dx / plot.width, dy / plot.height);
      if (next) setViewport(next, false);
    },
    zoom(px, py, factor) {
      if (!frame) return;
      const { plot } = frame.layout;
      zoomBy((px - plot.x) / plot.width, 1 - (py - plot.y) / plot.height, factor, false);
    },
    settle() {
      if (gesturing) setViewport(viewport, true);
    },
    reset() {
      setViewport(FITTED, true);
    },
    brushing(rect) {
      brushed = rect;
      requestOverlay();
    },
    brush: options.onBrush && pickGroups,
    grab: (x, y, event) => steps.grab(x, y, event),
    track: (at) => steps.track(at),
    click(x, y, event) {
      const nearest = read(x, y)?.hits[0];
      const series = nearest && data?.series[nearest.series];
      if (series && nearest.distancePx <= PICK_PX) options.onPick?.(series, event);
    },
  });
  const unsubscribe = options.link?.subscribe(onLinked);
  const unlink = options.viewLink?.subscribe(onViewLinked);

  return {
    update(next) {
      const before = data;
      data = next;
      if (next.series !== before?.series || next.theme !== before.theme || next.xUnit !== before.xUnit) picture.invalidate();
      // the caller's view counts when it says something new; what it echoes is ours already
      if (!before || next.viewport !== before.viewport) viewport = adoptViewport(viewport, next.viewport);
      requestBase(before === null);
      if (pointer || focus) tell();
      else if (linked || next.stepCursor !== before?.stepCursor) requestOverlay();
    },
    resize() {
      if (surface.resize()) {
        drawBase();
        drawOverlay();
      }
    },
    pick: read,
    key(event) {
      const command = commandOf(event);
      if (!command || !data || !frame) return false;
      const { projection } = frame;
      const unitX = focus ? Math.min(1, Math.max(0, projection.x.toUnit(focus.x))) : 0.5;
      switch (command.do) {
        case "zoom":
          zoomBy(unitX, 0.5, command.factor, true);
          break;
        case "pan": {
          const nextX = panBy(projection.x, command.share);
          if (nextX) setViewport({ ...viewport, x: nextX }, true);
          break;
        }
        case "fit":
          if (!isFitted(viewport)) setViewport(FITTED, true);
          break;
        case "log":
          options.onToggleLog?.(command.axis);
          break;
        case "step":
          if (focus) steps.set(command.end, focus.x);
          break;
        case "leave":
          focus = null;
          tell();
          options.onLeave?.();
          break;
        default:
          focus = moveFocus(data.series, focus, command, (series, value) => projectionOf(projection, series).y.toUnit(value));
          if (focus && (focus.x < projection.x.low || focus.x > projection.x.high)) {
            // follow the cursor out of the view
            const shift = projection.x.toUnit(focus.x) - 0.5;
            const nextX = panBy(projection.x, shift);
            if (nextX) setViewport({ ...viewport, x: nextX }, true);
            frames.cancel(baseJob);
            drawBase();
          }
          tell();
      }
      return true;
    },
    fobKey: (end, event) => steps.key(end, event),
    blur() {
      if (!focus) return;
      focus = null;
      tell();
    },
    toCanvas(scale) {
      const { widthPx, heightPx } = surface.size;
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(widthPx * scale);
      canvas.height = Math.round(heightPx * scale);
      const context = canvas.getContext("2d");
      if (!data || !context) return null;
      context.scale(scale, scale);
      const renderer = makeCanvas2dRenderer(context, scale);
      const { theme, series } = data;
      const still = { ...data, viewport, highlighted: null };
      const drawn = layoutFrame(still, { widthPx, heightPx, pixelRatio: scale }, (text) => renderer.measure(text, theme.font));
      renderer.rect({ x: 0, y: 0, width: widthPx, height: heightPx }, { color: theme.surface, alpha: 1 }, null);
      drawBackground(renderer, drawn, data);
      if (data.density) picture.copyTo(context, drawn.projection);
      else drawLines(renderer, series, drawn.projection, styleFor(series.length));
      drawForeground(renderer, drawn, still, widthPx, !data.density && styleFor(series.length).dots);
      drawFixedStepCursor(renderer, drawn, data);
      return canvas;
    },
    async toSvg(words) {
      const { chartSvg } = await import("./svg_chart.ts");
      return data && chartSvg({ ...data, viewport }, surface.size, words);
    },
    destroy() {
      clearTimeout(late);
      clearTimeout(rest);
      sight.stop();
      frames.cancel(baseJob);
      frames.cancel(overlayJob);
      unsubscribe?.();
      unlink?.();
      stopGestures();
      if (pointer || focus) options.link?.move(null, onLinked);
      picture.destroy();
      surface.destroy();
    },
  };
}

function rampOf({ density, theme }: LineChartData): DensityRamp | null {
  return density ? densityRamp(theme, density === "tinted") : null;
}

/** The rectangle that a box selects: full height or width where only one axis is zoomed. */
function boxRect(box: Box, plot: Rect): Rect {
  const fromX = box.axes === "y" ? plot.x : Math.min(box.fromX, box.toX);
  const toX = box.axes === "y" ? plot.x + plot.width : Math.max(box.fromX, box.toX);
  const fromY = box.axes === "x" ? plot.y : Math.min(box.fromY, box.toY);
  const toY = box.axes === "x" ? plot.y + plot.height : Math.max(box.fromY, box.toY);
  return { x: fromX, y: fromY, width: toX - fromX, height: toY - fromY };
}
