/**
 * What pointer and keyboard do to the step cursor: a click on the x axis sets it, Shift and a click its other end,
 * dragging along the axis chooses a range, dragging a fob moves it. Positions snap to what was logged.
 */

import type { Grab } from "./gestures.ts";
import type { LineChartData, StepCursor } from "./line_chart_data.ts";
import type { Frame } from "./line_chart_frame.ts";
import type { Rect, Renderer } from "./renderer.ts";
import { xExtent } from "./series.ts";
import { drawFob, drawStepCursor, placeFobs, snapX, stepX, type Fob, type FobEnd } from "./step_cursor.ts";

export interface StepCursorHost {
  data(): LineChartData | null;
  frame(): Frame | null;
  /** Draw again. */
  changed(): void;
  /** Null: the cursor was taken away. Absent: the cursor can be seen, not moved. */
  readonly onStepCursor?: (cursor: StepCursor | null) => void;
  /** Where the fobs stand, whenever that changes. */
  readonly onFobs?: (fobs: readonly Fob[]) => void;
}

export interface StepCursorControl {
  /** False if there is nothing to draw, and was nothing before. */
  readonly isShown: boolean;
  draw(renderer: Renderer): void;
  /** A drag that begins here is the cursor's; null if it is not. */
  grab(x: number, y: number, event: PointerEvent): Grab | null;
  /** The pointer rests here (or, null, elsewhere); the CSS cursor to show, "" for the plot's own. */
  track(at: { x: number; y: number } | null): string;
  /** Carries out a key on a fob; true if it was one of its keys. */
  key(end: FobEnd, event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): boolean;
  /** Sets one end: the keyboard's way to begin. */
  set(end: FobEnd, x: number): void;
}

const DRAG_PX = 4;

/** Plates are 18 px high; what is pressed has the 24 that fingers and WCAG ask for. */
const SLACK_PX = 3;

const contains = ({ x, y, width, height }: Rect, px: number, py: number): boolean =>
  px >= x && px <= x + width && py >= y - SLACK_PX && py <= y + height + SLACK_PX;

const isSameFob = (a: Fob, b: Fob): boolean => a.plate.x === b.plate.x && a.plate.y === b.plate.y && a.label === b.label;

export function makeStepCursorControl(host: StepCursorHost): StepCursorControl {
  /** While dragging: what is shown before the page has said so. */
  let live: StepCursor | null = null;
  let ghost: number | null = null;
  let fobs: readonly Fob[] = [];

  const current = (): StepCursor | null => live ?? host.data()?.stepCursor ?? null;
  const measureWith = (renderer: Pick<Renderer, "measure">, font: string) => (text: string): number => renderer.measure(text, font);

  function emit(next: StepCursor | null): void {
    const before = current();
    if (next?.at === before?.at && next?.to === before?.to) return;
    host.onStepCursor?.(next);
  }

  /** The logged x under a pixel. */
  function xUnder(px: number): number {
    const [data, frame] = [host.data(), host.frame()];
    if (!data || !frame) return NaN;
    const { plot, x } = frame.projection;
    const unit = Math.min(1, Math.max(0, (px - plot.x) / plot.width));
    return snapX(data.series, x.fromUnit(unit));
  }

  function withEnd(end: FobEnd, x: number): StepCursor {
    const before = current();
    if (!before) return { at: x, to: null };
    return end === "at" ? { ...before, at: x } : { ...before, to: x };
  }

  function without(end: FobEnd): StepCursor | null {
    const before = current();
    if (!before || before.to === null) return null;
    return { at: end === "at" ? before.to : before.at, to: null };
  }

  /** On the strip of the x axis. */
  function isOnAxis(x: number, y: number): boolean {
    const frame = host.frame();
    if (!frame || !host.onStepCursor) return false;
    const { plot } = frame.layout;
    return x >= plot.x - 4 && x <= plot.x + plot.width + 4 && y > plot.y + plot.height + 1;
  }

  /** The topmost fob: the one drawn last. */
  const fobUnder = (x: number, y: number): Fob | null => fobs.findLast((fob) => contains(fob.plate, x, y)) ?? null;

  function setGhost(next: number | null): void {
    if (next === ghost) return;
    ghost = next;
    host.changed();
  }

  return {
    get isShown() {
      return current() !== null || ghost !== null || fobs.length > 0;
    },
    draw(renderer) {
      const [data, frame] = [host.data(), host.frame()];
      if (!data || !frame) return;
      const { projection } = frame;
      const measure = measureWith(renderer, data.theme.font);
      const cursor = current();
      const before = fobs;
      fobs = cursor ? placeFobs(cursor, projection, data.xUnit, host.onStepCursor !== undefined, measure) : [];
      if (cursor) drawStepCursor(renderer, cursor, fobs, frame, data.theme);
      if (ghost !== null) {
        const [fob] = placeFobs({ at: ghost, to: null }, projection, data.xUnit, false, measure);
        if (fob) drawFob(renderer, fob, data.theme, true);
      }
      if (fobs.length !== before.length || !fobs.every((fob, i) => isSameFob(fob, before[i]!))) host.onFobs?.(fobs);
    },
    grab(x, y, event) {
      if (!host.onStepCursor) return null;
      const fob = fobUnder(x, y);
      if (!fob && !isOnAxis(x, y)) return null;
      const start = xUnder(x);
      const wasSet = current();
      let dragged = false;
      setGhost(null);
      return {
        move(px) {
          dragged ||= Math.abs(px - x) >= DRAG_PX;
          if (!dragged) return;
          // the fob keeps its place under the finger
          const at = fob ? xUnder(fob.xPx + px - x) : xUnder(px);
          const next = fob ? withEnd(fob.end, at) : { at: start, to: at };
          emit(next);
          live = next;
          host.changed();
        },
        end() {
          live = null;
          if (!dragged) {
            if (fob) emit(fob.remove && contains(fob.remove, x, y) ? without(fob.end) : wasSet);
            else emit(event.shiftKey ? withEnd("to", start) : { at: start, to: null });
          } else if (wasSet === null || !fob) {
            // a range that was dragged back onto its beginning is one step
            const set = host.data()?.stepCursor;
            if (set && set.to === set.at) emit({ at: set.at, to: null });
          }
          host.changed();
        },
        cancel() {
          live = null;
          emit(wasSet);
          host.changed();
        },
      };
    },
    track(at) {
      const fob = at && fobUnder(at.x, at.y);
      if (fob) {
        setGhost(null);
        return !host.onStepCursor ? "" : fob.remove && contains(fob.remove, at.x, at.y) ? "pointer" : "ew-resize";
      }
      if (!at || !isOnAxis(at.x, at.y) || !host.data()?.series.length) {
        setGhost(null);
        return "";
      }
      const x = xUnder(at.x);
      setGhost(Number.isFinite(x) ? x : null);
      return "pointer";
    },
    key(end, event) {
      const data = host.data();
      const cursor = current();
      const value = end === "at" ? cursor?.at : cursor?.to;
      if (!data || !cursor || value === null || value === undefined || !host.onStepCursor || event.altKey) return false;
      const by = event.ctrlKey || event.metaKey ? 10 : 1;
      switch (event.key) {
        case "ArrowRight":
        case "ArrowUp":
          emit(withEnd(end, stepX(data.series, value, by)));
          return true;
        case "ArrowLeft":
        case "ArrowDown":
          emit(withEnd(end, stepX(data.series, value, -by)));
          return true;
        case "PageUp":
        case "PageDown":
          emit(withEnd(end, stepX(data.series, value, event.key === "PageUp" ? 10 : -10)));
          return true;
        case "Home":
        case "End": {
          const extent = xExtent(data.series);
          if (extent) emit(withEnd(end, event.key === "Home" ? extent.low : extent.high));
          return true;
        }
        case "Delete":
        case "Backspace":
          emit(without(end));
          return true;
        default:
          return false;
      }
    },
    set(end, x) {
      emit(withEnd(end, x));
    },
  };
}
