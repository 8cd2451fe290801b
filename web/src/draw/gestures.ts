/**
 * Pointer gestures over a plot, as intentions: hover, box, pan, zoom, reset. Positions are CSS px
 * from the surface's top left corner. The plain wheel is left to the page, which scrolls.
 */

import type { Rect } from "./renderer.ts";

/** What a box zooms: both axes, or the one along which the pointer was dragged. */
export type BoxAxes = "both" | "x" | "y";

export interface Box {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
  readonly axes: BoxAxes;
}

/** A drag that something on the surface has taken for itself. */
export interface Grab {
  move(x: number, y: number): void;
  end(): void;
  /** Given up: as it was before. */
  cancel(): void;
}

export interface GestureHandlers {
  /** The part of the surface where gestures begin. */
  plot(): Rect;
  hover(x: number, y: number): void;
  leave(): void;
  /** While a box is dragged; null when it ends or is given up. */
  box(box: Box | null): void;
  zoomToBox(box: Box): void;
  /** Moved by so many px since the last call. */
  pan(dx: number, dy: number): void;
  /** > 1 is closer. */
  zoom(x: number, y: number, factor: number): void;
  /** A gesture has ended: draw exactly. */
  settle(): void;
  reset(): void;
  click(x: number, y: number, event: PointerEvent): void;
  /** While Alt is held and a rectangle dragged; null when it ends or is given up. Without `brush` Alt changes nothing. */
  brushing?(rect: Rect | null): void;
  brush?(rect: Rect): void;
  /** Asked first when the pointer goes down; null: the press is an ordinary one. */
  grab?(x: number, y: number, event: PointerEvent): Grab | null;
  /** Where the pointer rests, in the plot or not; null when it is gone. The CSS cursor to show there, "" for the usual. */
  track?(at: { x: number; y: number } | null): string;
}

/** Less than this is a click. */
const DRAG_PX = 4;
/** A box lower (or narrower) than this zooms along its long side only. */
const FLAT_BOX_PX = 16;
/** Wheel travel that doubles the zoom. */
const WHEEL_PX_PER_DOUBLING = 240;
/** Pinching a trackpad arrives as small wheel deltas with Ctrl set. */
const PINCH_PX_PER_DOUBLING = 60;
/** Then the view is kept, and the server asked for it: not while charts are still being drawn for it (REST_MS in line_chart.ts). */
const SETTLE_MS = 250;

export function makeBox(fromX: number, fromY: number, toX: number, toY: number): Box {
  const width = Math.abs(toX - fromX);
  const height = Math.abs(toY - fromY);
  const axes = height < FLAT_BOX_PX && width >= height ? "x" : width < FLAT_BOX_PX ? "y" : "both";
  return { fromX, fromY, toX, toY, axes };
}

function rectOf({ fromX, fromY, toX, toY }: Box): Rect {
  return { x: Math.min(fromX, toX), y: Math.min(fromY, toY), width: Math.abs(toX - fromX), height: Math.abs(toY - fromY) };
}

type Mode = "idle" | "pressed" | "box" | "pan" | "scrub" | "pinch" | "grab" | "brush";

/** Listens on `element`; returns a function that stops listening. */
export function listenToGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  let mode: Mode = "idle";
  let startX = 0;
  let startY = 0;
  let lastX = 0;
  let lastY = 0;
  let spaceHeld = false;
  let settleTimer: ReturnType<typeof setTimeout> | undefined;
  let lastTapTime = 0;
  let grab: Grab | null = null;
  let wantsBrush = false;
  /** Where the fingers are, by their pointers. */
  const fingers = new Map<number, [x: number, y: number]>();

  const at = (event: MouseEvent): [number, number] => {
    const bounds = element.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  const inPlot = (x: number, y: number): boolean => {
    const plot = handlers.plot();
    return x >= plot.x - 4 && x <= plot.x + plot.width + 8 && y >= plot.y - 8 && y <= plot.y + plot.height + 4;
  };

  /** From where the pointer went down to here, inside the plot. */
  function boxTo(x: number, y: number): Box {
    const plot = handlers.plot();
    const toX = Math.min(Math.max(x, plot.x), plot.x + plot.width);
    const toY = Math.min(Math.max(y, plot.y), plot.y + plot.height);
    return makeBox(startX, startY, toX, toY);
  }

  function settleSoon(): void {
    clearTimeout(settleTimer);
    settleTimer = setTimeout(() => handlers.settle(), SETTLE_MS);
  }

  function end(): void {
    if (mode === "box") handlers.box(null);
    if (mode === "brush") handlers.brushing?.(null);
    if (mode === "pan") handlers.settle();
    grab?.cancel();
    grab = null;
    mode = "idle";
    element.style.cursor = "";
  }

  /** Middle between two fingers, and how far they are apart. */
  function span(): { x: number; y: number; apart: number } {
    const [[x0, y0], [x1, y1]] = [...fingers.values()] as [[number, number], [number, number]];
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, apart: Math.max(1, Math.hypot(x1 - x0, y1 - y0)) };
  }

  /** A finger moved; two of them pan and zoom at once. */
  function moveFinger(id: number, x: number, y: number): void {
    if (mode !== "pinch" || fingers.size !== 2) {
      fingers.set(id, [x, y]);
      return;
    }
    const before = span();
    fingers.set(id, [x, y]);
    const now = span();
    handlers.pan(now.x - before.x, now.y - before.y);
    handlers.zoom(now.x, now.y, now.apart / before.apart);
  }

  /** True if the finger was one of a pinch, which ends with the first of them and leaves nothing to the others. */
  function liftFinger(id: number): boolean {
    if (!fingers.delete(id) || mode !== "pinch") return false;
    if (fingers.size === 1) handlers.settle();
    if (fingers.size === 0) mode = "idle";
    return true;
  }

  function onCancel(event: PointerEvent): void {
    if (!liftFinger(event.pointerId)) end();
  }

  function onDown(event: PointerEvent): void {
    const [x, y] = at(event);
    if (event.pointerType === "touch" && (mode === "scrub" || mode === "pinch")) {
      fingers.set(event.pointerId, [x, y]);
      element.setPointerCapture(event.pointerId);
      if (mode === "scrub") handlers.leave();
      mode = "pinch";
      return;
    }
    grab = event.button === 0 ? (handlers.grab?.(x, y, event) ?? null) : null;
    if (grab) {
      mode = "grab";
      handlers.leave();
      element.setPointerCapture(event.pointerId);
      return;
    }
    if (!inPlot(x, y) || (event.button !== 0 && event.button !== 1)) return;
    [startX, startY, lastX, lastY] = [x, y, x, y];
    wantsBrush = event.altKey && handlers.brush !== undefined;
    const wantsPan = event.button === 1 || event.shiftKey || spaceHeld;
    if (event.button === 1) event.preventDefault(); // no auto-scroll
    mode = event.pointerType === "touch" ? "scrub" : wantsPan ? "pan" : "pressed";
    if (mode === "pan") element.style.cursor = "grabbing";
    if (mode === "scrub") fingers.set(event.pointerId, [x, y]);
    element.setPointerCapture(event.pointerId);
  }

  function onMove(event: PointerEvent): void {
    const [x, y] = at(event);
    if (mode === "grab") {
      grab?.move(x, y);
      return;
    }
    if (fingers.has(event.pointerId)) moveFinger(event.pointerId, x, y);
    if (mode === "pinch") return;
    if (mode === "idle" && handlers.track) element.style.cursor = handlers.track({ x, y });
    if (mode === "pressed" && Math.hypot(x - startX, y - startY) >= DRAG_PX) {
      mode = wantsBrush ? "brush" : "box";
      handlers.leave();
    }
    if (mode === "box") handlers.box(boxTo(x, y));
    else if (mode === "brush") handlers.brushing?.(rectOf(boxTo(x, y)));
    else if (mode === "pan") {
      handlers.pan(x - lastX, y - lastY);
    } else if (inPlot(x, y) || mode === "scrub") handlers.hover(x, y);
    else handlers.leave();
    [lastX, lastY] = [x, y];
  }

  function onUp(event: PointerEvent): void {
    if (liftFinger(event.pointerId)) return;
    const [x, y] = at(event);
    const was = mode;
    if (was === "grab") {
      grab?.end();
      grab = null;
    }
    end();
    if (was === "box") handlers.zoomToBox(boxTo(x, y));
    if (was === "brush") handlers.brush?.(rectOf(boxTo(x, y)));
    const stayed = Math.hypot(x - startX, y - startY) < DRAG_PX;
    if (was === "pressed" && stayed) handlers.click(x, y, event);
    if (was === "scrub" && stayed) {
      handlers.hover(x, y);
      // browsers send no dblclick for touches that scroll
      if (event.timeStamp - lastTapTime < 350) handlers.reset();
      lastTapTime = event.timeStamp;
    }
  }

  function onLeave(event: PointerEvent): void {
    // a finger lifts: what it pointed at stays to be read
    if (mode === "idle" && event.pointerType !== "touch") handlers.leave();
    if (mode === "idle") handlers.track?.(null);
  }

  function onWheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    const [x, y] = at(event);
    if (!inPlot(x, y)) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const travel = -event.deltaY * unit;
    const perDoubling = Math.abs(travel) < 20 ? PINCH_PX_PER_DOUBLING : WHEEL_PX_PER_DOUBLING;
    handlers.zoom(x, y, 2 ** (travel / perDoubling));
    settleSoon();
  }

  function onDoubleClick(event: MouseEvent): void {
    const [x, y] = at(event);
    if (inPlot(x, y)) handlers.reset();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.code === "Space") spaceHeld = event.type === "keydown" && element.matches(":hover");
    if (event.key === "Escape" && (mode === "box" || mode === "brush" || mode === "grab")) end();
  }
  /** Space over a chart pans; it must not scroll the page meanwhile. */
  function onSpace(event: KeyboardEvent): void {
    if (event.code === "Space" && mode === "pan") event.preventDefault();
  }

  const listeners: [EventTarget, string, (event: never) => void, AddEventListenerOptions?][] = [
    [element, "pointerdown", onDown],
    [element, "pointermove", onMove],
    [element, "pointerup", onUp],
    [element, "pointercancel", onCancel],
    [element, "pointerleave", onLeave],
    [element, "wheel", onWheel, { passive: false }],
    [element, "dblclick", onDoubleClick],
    [window, "keydown", onKey],
    [window, "keyup", onKey],
    [window, "keydown", onSpace],
  ];
  for (const [target, type, listener, options] of listeners) target.addEventListener(type, listener as EventListener, options);
  return () => {
    clearTimeout(settleTimer);
    for (const [target, type, listener, options] of listeners) target.removeEventListener(type, listener as EventListener, options);
  };
}
