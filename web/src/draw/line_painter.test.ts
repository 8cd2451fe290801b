import { describe, expect, it } from "vitest";
import { makeLinePainter, type LinePainter } from "./line_painter.ts";
import { encodeLines, encodeView, type WireView } from "./line_wire.ts";
import { makeScale } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";

const ramp = Uint8ClampedArray.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2));

function view(colors: Uint8ClampedArray | null, high = 2): WireView {
  const plot = { x: 4, y: 4, width: 90, height: 50 };
  const projection = { x: makeScale("linear", 0, 80), y: makeScale("linear", -2, high), y2: null, plot, pixelRatio: 1 };
  return encodeView({ projection, widthPx: 100, heightPx: 60, ramp: colors && { colors, tinted: false } });
}

const x = Float64Array.from({ length: 80 }, (_, i) => i);
const lines: LineSeries[] = Array.from({ length: 30 }, (_, k) => {
  const y = Float32Array.from(x, (at) => Math.sin(at / 9 + k) + Math.sin(at * k));
  return { ...makeSeries([]), x, y, count: 80, color: k % 2 ? "#FF0000" : "#0000FF" };
});

function tellLines(painter: LinePainter, layer: number, list: readonly LineSeries[]): void {
  painter.tell({ do: "lines", layer, lines: encodeLines(list, (column) => (column === x ? 0 : 1 + lines.findIndex((line) => line.y === column))) });
}

function setUp(layer: number, list: readonly LineSeries[]): LinePainter {
  const painter = makeLinePainter();
  painter.tell({ do: "columns", add: [[0, x], ...lines.map((line, k): [number, Float32Array] => [k + 1, line.y as Float32Array])], drop: [] });
  tellLines(painter, layer, list);
  return painter;
}
const bytes = (painter: LinePainter, layer: number, wire: WireView): number[] => [...painter.paint(layer, wire)!.data];
const anew = (list: readonly LineSeries[], wire: WireView): number[] => bytes(setUp(0, list), 0, wire);

describe("makeLinePainter", () => {
  it("paints what a new one would, whatever was painted before", () => {
    const painter = setUp(0, lines);
    const without = lines.filter((_, k) => k !== 11);
    const turns: [readonly LineSeries[], WireView][] = [
      [lines, view(ramp)],
      [without, view(ramp)],
      [lines, view(ramp)],
      [without, view(null)],
      [lines, view(null)],
      [lines, view(ramp)],
      [without, view(ramp, 3)],
      [without.toReversed(), view(ramp, 3)],
      [without.toReversed(), view(null)],
    ];
    for (const [list, wire] of turns) {
      tellLines(painter, 0, list);
      expect(bytes(painter, 0, wire)).toEqual(anew(list, wire));
    }
  });

  it("keeps the densities of layers apart, of more than it remembers too", () => {
    const painter = setUp(0, lines);
    const of = (layer: number): LineSeries[] => lines.slice(0, 1 + (layer % 29));
    for (let turn = 0; turn < 2; turn++) {
      for (let layer = 0; layer < 40; layer++) {
        tellLines(painter, layer, of(layer + turn));
        expect(bytes(painter, layer, view(ramp))).toEqual(anew(of(layer + turn), view(ramp)));
      }
    }
  });

  it("has nothing to paint for a layer that is gone", () => {
    const painter = setUp(3, lines);
    expect(painter.paint(3, view(ramp))).not.toBeNull();
    painter.tell({ do: "free", layer: 3 });
    expect(painter.paint(3, view(ramp))).toBeNull();
  });
});
