// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listenToGestures, makeBox } from "./gestures.ts";

describe("makeBox", () => {
  it("zooms both axes, or the one along which it was dragged", () => {
    expect(makeBox(10, 10, 80, 60).axes).toBe("both");
    expect(makeBox(10, 10, 80, 18).axes).toBe("x");
    expect(makeBox(80, 18, 10, 10).axes).toBe("x");
    expect(makeBox(10, 10, 14, 90).axes).toBe("y");
    expect(makeBox(10, 10, 15, 14).axes).toBe("x");
  });
});

describe("what is dragged", () => {
  const grab = { move: vi.fn(), end: vi.fn(), cancel: vi.fn() };
  const handlers = {
    plot: () => ({ x: 0, y: 0, width: 100, height: 100 }),
    hover: vi.fn(), leave: vi.fn(), box: vi.fn(), zoomToBox: vi.fn(), pan: vi.fn(), zoom: vi.fn(), settle: vi.fn(), reset: vi.fn(), click: vi.fn(),
    grab: vi.fn((_x: number, y: number) => (y > 100 ? grab : null)),
    brushing: vi.fn(),
    brush: vi.fn(),
    track: vi.fn((at: { y: number } | null) => (at && at.y > 100 ? "pointer" : "")),
  }; // prettier-ignore
  let element: HTMLElement;
  let stop: () => void;
  const fire = (type: string, clientX: number, clientY: number, altKey = false): void => {
    element.dispatchEvent(Object.assign(new MouseEvent(type, { clientX, clientY, button: 0, altKey }), { pointerId: 1, pointerType: "mouse" }));
  };
  beforeEach(() => {
    vi.clearAllMocks();
    element = document.createElement("div");
    element.setPointerCapture = () => undefined;
    stop = listenToGestures(element, handlers);
  });
  afterEach(() => stop());

  it("takes the drag from the chart", () => {
    fire("pointerdown", 10, 110);
    fire("pointermove", 60, 50);
    fire("pointerup", 60, 50);
    expect(grab.move).toHaveBeenCalledWith(60, 50);
    expect(grab.end).toHaveBeenCalledOnce();
    expect(grab.cancel).not.toHaveBeenCalled();
    expect(handlers.zoomToBox).not.toHaveBeenCalled();
    expect(handlers.hover).not.toHaveBeenCalled();
    expect(handlers.click).not.toHaveBeenCalled();
  });

  it("is given up by Escape and by the browser", () => {
    fire("pointerdown", 10, 110);
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    fire("pointermove", 60, 50);
    expect(grab.cancel).toHaveBeenCalledOnce();
    expect(grab.move).not.toHaveBeenCalled();
    fire("pointerdown", 10, 110);
    fire("pointercancel", 10, 110);
    expect(grab.cancel).toHaveBeenCalledTimes(2);
    expect(grab.end).not.toHaveBeenCalled();
  });

  it("leaves presses in the plot what they are, and shows where it can be had", () => {
    fire("pointermove", 10, 110);
    expect(element.style.cursor).toBe("pointer");
    fire("pointermove", 10, 50);
    expect(element.style.cursor).toBe("");
    fire("pointerdown", 10, 50);
    fire("pointerup", 10, 50);
    expect(handlers.click).toHaveBeenCalledOnce();
    expect(grab.end).not.toHaveBeenCalled();
  });

  it("is a rectangle to pick lines with while Alt is held, also when dragged backwards", () => {
    fire("pointerdown", 60, 50, true);
    fire("pointermove", 40, 20, true);
    fire("pointermove", 20, -30, true);
    fire("pointerup", 20, -30, true);
    expect(handlers.brushing).toHaveBeenCalledWith({ x: 40, y: 20, width: 20, height: 30 });
    expect(handlers.brushing).toHaveBeenLastCalledWith(null);
    expect(handlers.brush).toHaveBeenCalledExactlyOnceWith({ x: 20, y: 0, width: 40, height: 50 });
    expect(handlers.zoomToBox).not.toHaveBeenCalled();
  });

  it("is a box to zoom to otherwise", () => {
    fire("pointerdown", 20, 20);
    fire("pointermove", 60, 60);
    fire("pointerup", 60, 60);
    expect(handlers.zoomToBox).toHaveBeenCalledExactlyOnceWith(makeBox(20, 20, 60, 60));
    expect(handlers.box).toHaveBeenLastCalledWith(null);
    expect(handlers.brush).not.toHaveBeenCalled();
  });

  it("picks nothing when it is given up", () => {
    fire("pointerdown", 20, 20, true);
    fire("pointermove", 60, 60, true);
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    fire("pointerup", 60, 60, true);
    expect(handlers.brush).not.toHaveBeenCalled();
    expect(handlers.brushing).toHaveBeenLastCalledWith(null);
  });

  const touch = (type: string, pointerId: number, clientX: number, clientY: number): void => {
    element.dispatchEvent(Object.assign(new MouseEvent(type, { clientX, clientY, button: 0 }), { pointerId, pointerType: "touch" }));
  };

  it("zooms and pans with two fingers, around the middle between them", () => {
    touch("pointerdown", 1, 40, 50);
    touch("pointerdown", 2, 60, 50);
    touch("pointermove", 2, 80, 50);
    expect(handlers.zoom).toHaveBeenLastCalledWith(60, 50, 2);
    expect(handlers.pan).toHaveBeenLastCalledWith(10, 0);
    touch("pointermove", 1, 60, 50);
    expect(handlers.zoom).toHaveBeenLastCalledWith(70, 50, 0.5);
    touch("pointerup", 1, 60, 50);
    expect(handlers.settle).toHaveBeenCalledOnce();
    // the finger that is left reads nothing, and its lifting is no tap
    handlers.hover.mockClear();
    touch("pointermove", 2, 30, 50);
    touch("pointerup", 2, 30, 50);
    expect(handlers.hover).not.toHaveBeenCalled();
    expect(handlers.zoom).toHaveBeenCalledTimes(2);
    expect(handlers.reset).not.toHaveBeenCalled();
  });

  it("reads with one finger, after a pinch too, and forgets fingers that the browser takes away", () => {
    touch("pointerdown", 1, 40, 50);
    touch("pointerdown", 2, 60, 50);
    touch("pointercancel", 2, 60, 50);
    touch("pointercancel", 1, 40, 50);
    handlers.hover.mockClear();
    touch("pointerdown", 3, 20, 50);
    touch("pointermove", 3, 30, 50);
    expect(handlers.hover).toHaveBeenLastCalledWith(30, 50);
    expect(handlers.zoom).not.toHaveBeenCalled();
    touch("pointerup", 3, 30, 50);
  });
});
