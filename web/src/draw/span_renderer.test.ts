import { describe, expect, it } from "vitest";
import { drawLines, styleFor } from "./line_layer.ts";
import type { Projection } from "./project.ts";
import { FINE, HAIRLINE, type Stroke, type Vertices } from "./renderer.ts";
import { makeScale } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import { dashed, makeSpanRenderer, type SpanRenderer } from "./span_renderer.ts";
import { makeSeries } from "./testing.ts";

const stroke = (change: Partial<Stroke> = {}): Stroke => ({ color: "#2668D5", width: HAIRLINE, alpha: 1, dash: [], ...change });
const flat = (y: number, from = 0, to = 20): Vertices => ({ x: Float32Array.of(from, to), y: Float32Array.of(y, y), count: 2 });

function pixelsOf(renderer: SpanRenderer): (x: number, y: number) => number[] {
  const bytes = new Uint8ClampedArray(4 * renderer.width * renderer.height);
  renderer.writeTo(bytes);
  return (x, y) => [...bytes.subarray(4 * (y * renderer.width + x), 4 * (y * renderer.width + x) + 4)];
}

function setUp(ratio = 1): SpanRenderer {
  const renderer = makeSpanRenderer(20, 12);
  renderer.clear(ratio);
  return renderer;
}

describe("makeSpanRenderer", () => {
  it("draws in the stroke's colour, opaque where a pixel is covered", () => {
    const renderer = setUp();
    renderer.polyline(flat(4.5), stroke());
    const at = pixelsOf(renderer);
    expect(at(7, 4)).toEqual([0x26, 0x68, 0xd5, 255]);
    expect(at(7, 5)).toEqual([0, 0, 0, 0]);
  });

  it("keeps the colour and halves the opacity where a pixel is half covered", () => {
    const renderer = setUp();
    renderer.polyline(flat(5), stroke());
    const [red, green, blue, alpha] = pixelsOf(renderer)(7, 4);
    expect(Math.abs(alpha! - 128)).toBeLessThanOrEqual(2);
    expect([red, green, blue].map((value, k) => Math.abs(value! - [0x26, 0x68, 0xd5][k]!))).toEqual([expect.closeTo(0, -1), expect.closeTo(0, -1), expect.closeTo(0, -1)]);
  });

  it("lays one line over another as a canvas does", () => {
    const renderer = setUp();
    renderer.polyline(flat(4.5), stroke({ color: "#FF0000", alpha: 0.5 }));
    renderer.polyline(flat(4.5), stroke({ color: "#0000FF", alpha: 0.5 }));
    // premultiplied: blue 0.5, red 0.25, alpha 0.75
    const [red, green, blue, alpha] = pixelsOf(renderer)(3, 4) as [number, number, number, number];
    expect(alpha / 255).toBeCloseTo(0.75, 1);
    expect(red / 255).toBeCloseTo(1 / 3, 1);
    expect(blue / 255).toBeCloseTo(2 / 3, 1);
    expect(green).toBe(0);
  });

  it("becomes opaque under many pale lines", () => {
    const renderer = setUp();
    for (let i = 0; i < 200; i++) renderer.polyline(flat(4.5), stroke({ color: "#FFFFFF", alpha: 0.1 }));
    for (const channel of pixelsOf(renderer)(3, 4)) expect(channel).toBeGreaterThan(250);
  });

  it("draws a fine line wider than a hairline, and a wide one to its width at the pixel ratio", () => {
    const rows = (width: number, ratio: number): number => {
      const renderer = setUp(ratio);
      renderer.polyline(flat(5.5 / ratio), stroke({ width }));
      const at = pixelsOf(renderer);
      return Array.from({ length: 12 }, (_, row) => at(5, row)[3]!).reduce((sum, alpha) => sum + alpha / 255, 0);
    };
    expect(rows(HAIRLINE, 1)).toBeCloseTo(1, 1);
    expect(rows(HAIRLINE, 2)).toBeCloseTo(1, 1);
    expect(rows(FINE, 1)).toBeCloseTo(1.5, 1);
    expect(rows(3, 1)).toBeCloseTo(3, 1);
    expect(rows(2, 2)).toBeCloseTo(4, 1);
  });

  it("covers parts of the rows at both ends of a span", () => {
    const renderer = setUp();
    renderer.strip({ x: Float32Array.of(2, 10), y: Float32Array.of(3.25, 3.25), y2: Float32Array.of(7.5, 7.5), count: 2 }, { color: "#FFFFFF", alpha: 1 });
    const at = pixelsOf(renderer);
    const rows = Array.from({ length: 12 }, (_, row) => Math.round((at(5, row)[3]! / 255) * 100));
    expect(rows).toEqual([0, 0, 0, 75, 100, 100, 100, 50, 0, 0, 0, 0]);
  });

  it("makes a slope as heavy as it is tall, softly", () => {
    const renderer = setUp();
    renderer.polyline({ x: Float32Array.of(0, 20), y: Float32Array.of(-20, 30), count: 2 }, stroke());
    const at = pixelsOf(renderer);
    const rows = Array.from({ length: 12 }, (_, row) => at(10, row)[3]! / 255);
    expect(rows.reduce((sum, value) => sum + value, 0)).toBeCloseTo(2.5, 1);
    expect(rows.filter((value) => value > 0.05 && value < 0.95).length).toBeGreaterThanOrEqual(4);
  });

  it("shows nothing outside of a clip, and everything again after it", () => {
    const renderer = setUp();
    renderer.clip({ x: 4, y: 0, width: 8, height: 12 });
    renderer.clip({ x: 0, y: 0, width: 8, height: 12 });
    renderer.polyline(flat(4.5), stroke());
    renderer.unclip();
    renderer.unclip();
    renderer.marks("dot", { x: Float32Array.of(15), y: Float32Array.of(8), count: 1 }, 2, { color: "#00FF00", alpha: 1 });
    const at = pixelsOf(renderer);
    expect([3, 4, 7, 8].map((x) => at(x, 4)[3])).toEqual([0, 255, 255, 0]);
    expect(at(15, 8)).toEqual([0, 255, 0, 255]);
  });

  it("fills strips with their opacity", () => {
    const renderer = setUp();
    renderer.strip({ x: Float32Array.of(2, 10), y: Float32Array.of(2, 2), y2: Float32Array.of(9, 9), count: 2 }, { color: "#FFFFFF", alpha: 0.2 });
    const at = pixelsOf(renderer);
    expect(at(5, 5)[3]! / 255).toBeCloseTo(0.2, 1);
    expect(at(5, 1)[3]).toBe(0);
  });

  it("forgets its picture when it is cleared", () => {
    const renderer = setUp();
    renderer.polyline(flat(4.5), stroke());
    renderer.clear(1);
    expect(pixelsOf(renderer)(5, 4)).toEqual([0, 0, 0, 0]);
  });
});

describe("the direct way", () => {
  const WIDTH = 300;
  const HEIGHT = 190;
  const projection: Projection = {
    x: makeScale("linear", 0, 1000),
    y: makeScale("linear", -0.5, 2),
    plot: { x: 30, y: 8, width: 260.037, height: 163 },
    pixelRatio: 1,
  };
  const noise = (i: number): number => ((Math.sin(i * 12.9898) * 43758.5453) % 1) * 0.4;
  const makeLine = (k: number, step: number): LineSeries => {
    const xs = Array.from({ length: Math.floor(1000 / step) }, (_, i) => i * step);
    const course = xs.map((x) => Math.exp(-x / 300) + k / 40);
    const y = course.map((value, i) => value + noise(i + 1000 * k));
    return makeSeries(k % 9 === 4 ? y.map((value, i) => (i % 50 === 7 ? NaN : value)) : y, { xs, smoothed: Float64Array.from(course), color: `#${(k * 7654321 + 0x1000000).toString(16).slice(-6)}` });
  };
  const picture = (list: readonly LineSeries[], isDirect: boolean): Uint8ClampedArray => {
    const renderer = makeSpanRenderer(WIDTH, HEIGHT);
    renderer.clear(1);
    drawLines(renderer, list, projection, styleFor(list.length), isDirect ? renderer : null);
    const bytes = new Uint8ClampedArray(4 * WIDTH * HEIGHT);
    renderer.writeTo(bytes);
    return bytes;
  };

  it.each([["many points", 1], ["some", 3.1], ["few", 23]] as const)("draws the same picture as by vertices, of %s per line", (_, step) => {
    const list = Array.from({ length: 40 }, (_, k) => makeLine(k, step));
    const [direct, careful] = [picture(list, true), picture(list, false)];
    let covered = 0;
    let off = 0;
    for (let i = 0; i < direct.length; i += 4) {
      const [one, other] = [direct[i + 3]!, careful[i + 3]!];
      if (other > 0) covered++;
      const differences = [0, 1, 2].map((k) => Math.abs(direct[i + k]! * one - careful[i + k]! * other) / 255);
      if (Math.max(Math.abs(one - other), ...differences) > 2) off++;
    }
    expect(covered).toBeGreaterThan(10_000);
    expect(off / covered).toBeLessThan(0.001);
  });

  it("leaves dashes and wide strokes to vertices", () => {
    const renderer = setUp();
    const line = makeSeries([1, 2, 1]);
    expect(renderer.line(line, line.y, projection, stroke())).toBe(true);
    expect(renderer.line(line, line.y, projection, stroke({ width: FINE }))).toBe(true);
    expect(renderer.line(line, line.y, projection, stroke({ dash: [3, 3] }))).toBe(false);
    expect(renderer.line(line, line.y, projection, stroke({ width: 2 }))).toBe(false);
  });
});

describe("dashed", () => {
  const parts = ({ x, y, count }: Vertices): [number, number][] => {
    const found: [number, number][] = [];
    for (let i = 1; i < count; i++) if (!Number.isNaN(y[i]!) && !Number.isNaN(y[i - 1]!)) found.push([x[i - 1]!, x[i]!]);
    return found;
  };

  it("strokes and leaves out in turn, along the line", () => {
    expect(parts(dashed(flat(1, 0, 12), [4, 2]))).toEqual([[0, 4], [6, 10]]);
  });

  it("goes on through a vertex and begins anew after a break", () => {
    const x = Float32Array.of(0, 3, 7, 8, 10, 13);
    const y = Float32Array.of(1, 1, 1, NaN, 1, 1);
    expect(parts(dashed({ x, y, count: 6 }, [5, 1]))).toEqual([[0, 3], [3, 5], [6, 7], [10, 13]]);
  });

  it("leaves a line alone if the pattern has no length", () => {
    const line = flat(1, 0, 12);
    expect(parts(dashed(line, [0, 0]))).toEqual([[0, 12]]);
  });
});
