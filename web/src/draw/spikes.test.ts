import { describe, expect, it } from "vitest";
import { findSpikes, MAX_SPIKES } from "./spikes.ts";

const noise = (n: number, size: number): Float32Array => Float32Array.from({ length: n }, (_, i) => 100 + size * Math.sin(i * 12.9898));
const xs = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);
const find = (y: Float32Array) => findSpikes(xs(y.length), y, y, y.length);

describe("findSpikes", () => {
  it("finds one up and one down among noise", () => {
    const y = noise(1000, 3);
    y[400] = 10;
    y[700] = 190;
    const spikes = find(y);
    expect(spikes?.tips.count).toBe(2);
    expect([...(spikes?.tips.x ?? [])]).toEqual([400, 700]);
    expect([...(spikes?.tips.y ?? [])]).toEqual([10, 190]);
    expect(spikes?.stems.count).toBe(6);
    expect(spikes?.stems.y[2]).toBeNaN();
  });

  it("leaves noise, slopes and steps alone", () => {
    expect(find(noise(1000, 40))).toBeNull();
    expect(find(Float32Array.from({ length: 500 }, (_, i) => i))).toBeNull();
    expect(find(Float32Array.from({ length: 500 }, (_, i) => (i < 250 ? 0 : 200)))).toBeNull();
  });

  it("leaves what is too much, too little, or broken", () => {
    const many = noise(1000, 1);
    for (let i = 0; i <= MAX_SPIKES; i++) many[50 + i * 100] = 0;
    expect(find(many)).toBeNull();
    expect(find(Float32Array.of(0, 100, 0))).toBeNull();
    const broken = noise(1000, 1);
    broken[500] = NaN;
    expect(find(broken)).toBeNull();
  });

  it("sees an envelope's edges", () => {
    const high = noise(1000, 2);
    const low = high.map((y) => y + 10);
    low[300] = 250;
    const spikes = findSpikes(xs(1000), high, low, 1000);
    expect(spikes?.tips.y[0]).toBe(250);
  });
});
