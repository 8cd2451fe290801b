import { beforeEach, describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import type { LineChartData, StepCursor } from "./line_chart_data.ts";
import { layoutFrame } from "./line_chart_frame.ts";
import { makeRecording } from "./recording.ts";
import { makeStepCursorControl } from "./step_cursor_control.ts";
import type { Fob } from "./step_cursor.ts";
import { makeSeries } from "./testing.ts";
import { FITTED } from "./viewport.ts";

const size = { widthPx: 400, heightPx: 200, pixelRatio: 1 };
const series = [makeSeries(new Array<number>(11).fill(1), { xs: Array.from({ length: 11 }, (_, i) => i * 10) })];

/** A page that keeps what it is told. */
function mount(start: StepCursor | null, movable = true) {
  let data: LineChartData = { series, xUnit: "step", xKind: "linear", yKind: "linear", viewport: FITTED, highlighted: null, theme: CHART_THEMES.light, stepCursor: start };
  const told: (StepCursor | null)[] = [];
  let fobs: readonly Fob[] = [];
  let frame = layoutFrame(data, size, (text) => text.length * 6);
  const control = makeStepCursorControl({
    data: () => data,
    frame: () => frame,
    changed: () => control.draw(makeRecording()),
    onStepCursor: movable
      ? (next) => {
          told.push(next);
          data = { ...data, stepCursor: next };
        }
      : undefined,
    onFobs: (next) => (fobs = next),
  });
  control.draw(makeRecording());
  const { plot } = frame.layout;
  return {
    control,
    told,
    at: () => data.stepCursor,
    fob: (end: "at" | "to") => fobs.find((each) => each.end === end),
    resize(heightPx: number): void {
      frame = layoutFrame(data, { ...size, heightPx }, (text) => text.length * 6);
      control.draw(makeRecording());
    },
    px: (x: number) => plot.x + (x / 100) * plot.width,
    axisY: plot.y + plot.height + 12,
    plotY: plot.y + 20,
  };
}
const press = (shiftKey = false): PointerEvent => ({ shiftKey }) as PointerEvent;

describe("the step cursor", () => {
  let page: ReturnType<typeof mount>;
  beforeEach(() => (page = mount(null)));

  it("is set where the axis is clicked, on a logged step", () => {
    page.control.grab(page.px(33), page.axisY, press())!.end();
    expect(page.at()).toEqual({ at: 30, to: null });
    page.control.grab(page.px(78), page.axisY, press(true))!.end();
    expect(page.at()).toEqual({ at: 30, to: 80 });
    page.control.grab(page.px(10), page.axisY, press())!.end();
    expect(page.at()).toEqual({ at: 10, to: null });
  });

  it("tells where its fob stands when the chart becomes lower", () => {
    page.control.set("at", 30);
    page.control.draw(makeRecording());
    const before = page.fob("at")!.plate.y;
    page.resize(199);
    expect(page.fob("at")!.plate.y).toBeCloseTo(before - 1, 5);
  });

  it("becomes a range by dragging along the axis", () => {
    const drag = page.control.grab(page.px(20), page.axisY, press())!;
    drag.move(page.px(41), page.axisY);
    drag.move(page.px(59), page.axisY);
    drag.end();
    expect(page.at()).toEqual({ at: 20, to: 60 });
    expect(page.told).toHaveLength(2);
  });

  it("is one step when a drag comes back to where it began", () => {
    const drag = page.control.grab(page.px(20), page.axisY, press())!;
    drag.move(page.px(60), page.axisY);
    drag.move(page.px(21), page.axisY);
    drag.end();
    expect(page.at()).toEqual({ at: 20, to: null });
  });

  it("leaves the plot to other gestures", () => {
    expect(page.control.grab(page.px(20), page.plotY, press())).toBeNull();
    expect(page.control.track({ x: page.px(20), y: page.plotY })).toBe("");
    expect(page.control.track({ x: page.px(20), y: page.axisY })).toBe("pointer");
  });

  it("moves by its fob, also when it is not grabbed in the middle", () => {
    page = mount({ at: 50, to: null });
    const { plate } = page.fob("at")!;
    const drag = page.control.grab(plate.x + 3, plate.y + 5, press())!;
    drag.move(plate.x + 3 + (page.px(18) - page.px(0)), plate.y);
    expect(page.at()).toEqual({ at: 70, to: null });
    drag.cancel();
    expect(page.at()).toEqual({ at: 50, to: null });
  });

  it("loses an end at its cross", () => {
    page = mount({ at: 30, to: 80 });
    const click = (end: "at" | "to"): void => {
      const { x, y, width, height } = page.fob(end)!.remove!;
      page.control.grab(x + width / 2, y + height / 2, press())!.end();
    };
    click("at");
    expect(page.at()).toEqual({ at: 80, to: null });
    click("at");
    expect(page.at()).toBeNull();
    expect(page.fob("at")).toBeUndefined();
  });

  it("moves by keys, over logged steps", () => {
    page = mount({ at: 30, to: 80 });
    const key = (end: "at" | "to", name: string, ctrlKey = false): boolean => page.control.key(end, { key: name, ctrlKey, metaKey: false, altKey: false });
    key("at", "ArrowRight");
    key("to", "ArrowLeft");
    expect(page.at()).toEqual({ at: 40, to: 70 });
    key("at", "Home");
    key("to", "End");
    expect(page.at()).toEqual({ at: 0, to: 100 });
    key("at", "ArrowRight", true);
    expect(page.at()!.at).toBe(100);
    expect(key("at", "x")).toBe(false);
    key("to", "Delete");
    expect(page.at()).toEqual({ at: 100, to: null });
  });

  it("can be seen but not moved where nobody listens", () => {
    page = mount({ at: 30, to: null }, false);
    expect(page.fob("at")!.remove).toBeNull();
    expect(page.control.grab(page.px(30), page.axisY, press())).toBeNull();
    expect(page.control.track({ x: page.px(80), y: page.axisY })).toBe("");
  });
});
