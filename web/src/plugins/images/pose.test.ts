import { expect, it } from "vitest";
import { fitScale, zoomAt } from "./pose.ts";

it("fits an image into the stage, small ones by a whole factor", () => {
  expect(fitScale({ width: 28, height: 28 }, { width: 1000, height: 600 })).toBe(20);
  expect(fitScale({ width: 1880, height: 100 }, { width: 1000, height: 600 })).toBeCloseTo(0.5);
  expect(fitScale({ width: 1, height: 1 }, { width: 1000, height: 600 })).toBe(64);
  expect(fitScale({ width: 0, height: 0 }, { width: 1000, height: 600 })).toBe(1);
});

it("keeps the point under the pointer where it is", () => {
  const pose = { scale: 2, x: 10, y: -5 };
  const next = zoomAt(pose, 3, 40, 20, 0.1);
  const under = (p: typeof pose): number[] => [(40 - p.x) / p.scale, (20 - p.y) / p.scale];
  expect(next.scale).toBe(6);
  expect(under(next)).toEqual(under(pose).map((v) => expect.closeTo(v, 9) as number));
  expect(zoomAt(pose, 1000, 0, 0, 0.1).scale).toBe(64);
  expect(zoomAt(pose, 0.0001, 0, 0, 0.1).scale).toBe(0.1);
});
