import { describe, expect, it } from "vitest";
import { linearOfX, linearOfY } from "./symlog.ts";
import { makeSeries } from "./testing.ts";

describe("linearOfY", () => {
  it("is a power of ten below most magnitudes", () => {
    expect(linearOfY([makeSeries([0.001, -0.002, 0.03, 0.04, 0])])).toBe(1e-3);
    expect(linearOfY([makeSeries([1e6, -2e6, 3e7, 5e8])])).toBe(1e6);
  });

  it("does not follow one tiny value", () => {
    const values = Array.from({ length: 100 }, (_, i) => (i === 3 ? 1e-30 : 1 + (i % 20)));
    expect(linearOfY([makeSeries(values)])).toBe(1);
  });

  it("leaves at least a decade, and at most nine, to be logarithmic", () => {
    expect(linearOfY([makeSeries([700, 800, 900])])).toBe(10);
    const even = Array.from({ length: 40 }, (_, i) => 10 ** (i - 20));
    expect(linearOfY([makeSeries(even)])).toBe(1e10);
  });

  it.each([[[]], [[0, 0]], [[NaN, Infinity]]])("is 1 for %j", (values) => {
    expect(linearOfY([makeSeries(values)])).toBe(1);
  });
});

describe("linearOfX", () => {
  it("lies at the first step that is not zero", () => {
    expect(linearOfX([makeSeries([1, 1, 1], { xs: [0, 50, 10_000] })])).toBe(10);
    expect(linearOfX([makeSeries([1, 1, 1], { xs: [0, 0, 3000] })])).toBe(100);
  });

  it("looks at x as drawn, whatever its order", () => {
    expect(linearOfX([makeSeries([1, 1, 1], { xs: [1000, 1002, 5000], xOffset: 1000 })])).toBe(1);
    expect(linearOfX([makeSeries([1, 1, 1], { xs: [5000, 0, 20] })])).toBe(10);
    expect(linearOfX([])).toBe(1);
  });
});
