import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import type { ReferenceLine } from "./line_chart_data.ts";
import type { Projection } from "./project.ts";
import { makeRecording } from "./recording.ts";
import { drawReferenceLabels, drawReferenceRules } from "./reference_lines.ts";
import { makeScale } from "./scale.ts";

const theme = CHART_THEMES.light;
const plot = { x: 40, y: 10, width: 300, height: 150 };
const projection: Projection = { x: makeScale("linear", 0, 100), y: makeScale("linear", 0, 10), y2: makeScale("linear", 0, 1000), plot, pixelRatio: 1 };
const draw = (lines: readonly ReferenceLine[]) => {
  const recording = makeRecording();
  drawReferenceRules(recording, lines, projection, theme);
  drawReferenceLabels(recording, lines, projection, theme);
  return recording;
};

describe("reference lines", () => {
  it("cross the plot at their values, on either y axis and on x", () => {
    const rules = draw([
      { axis: "y", at: 5, label: "target", color: "#AA0000" },
      { axis: "y2", at: 1000, label: "" },
      { axis: "x", at: 50, label: "epoch 2" },
    ]).all("rule");
    expect(rules.map(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])).toEqual([
      [40, 85, 340, 85],
      [40, 10, 340, 10],
      [190, 10, 190, 160],
    ]);
    expect(rules[0]!.stroke.color).toBe("#AA0000");
  });

  it("point to a target out of view and say nothing of an event there", () => {
    const recording = draw([{ axis: "y", at: 50, label: "far" }, { axis: "x", at: 500, label: "later" }]);
    expect(recording.all("rule")).toEqual([]);
    const [label, ...others] = recording.all("text");
    expect(label!.text).toBe("\u2191 far");
    expect(label!.y).toBeLessThan(plot.y + 15);
    expect(others).toEqual([]);
  });

  it("have no place on a log axis at zero", () => {
    const log = { ...projection, y: makeScale("log", 1, 10) };
    const recording = makeRecording();
    drawReferenceRules(recording, [{ axis: "y", at: -1, label: "x" }], log, theme);
    expect(recording.calls).toEqual([]);
  });

  it("never let labels touch, and leave out those without room", () => {
    const events = Array.from({ length: 60 }, (_, i): ReferenceLine => ({ axis: "x", at: i * 1.5, label: `epoch ${i}` }));
    const recording = draw([...events, { axis: "y", at: 9.9, label: "a target with a name that is far too long to be written out" }]);
    expect(recording.all("rule")).toHaveLength(61);
    const boxes = recording.all("rect").map((call) => call.rect);
    expect(boxes.length).toBeGreaterThan(8);
    boxes.forEach((a, i) => {
      expect(a.x + a.width).toBeLessThanOrEqual(plot.x + plot.width);
      for (const b of boxes.slice(i + 1)) {
        const apart = a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
        expect(apart).toBe(true);
      }
    });
    expect(recording.all("text").some((call) => call.text.endsWith("\u2026"))).toBe(true);
  });
});
