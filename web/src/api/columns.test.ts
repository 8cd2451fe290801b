import { describe, expect, it } from "vitest";
import { decodeFrame } from "./columns.ts";

/** A frame as the server writes it, byte by byte. */
function makeFrame(result: unknown, columns: { name: string; dtype: string; bytes: Uint8Array; length: number }[]): ArrayBuffer {
  let offset = 0;
  const entries = columns.map(({ name, dtype, bytes, length }) => {
    const entry = { name, dtype, offset, length };
    offset += Math.ceil(bytes.length / 8) * 8;
    return entry;
  });
  const header = new TextEncoder().encode(JSON.stringify({ result, columns: entries }));
  const base = Math.ceil((8 + header.length) / 8) * 8;
  const frame = new Uint8Array(base + offset);
  frame.set(new TextEncoder().encode("EPX1"));
  new DataView(frame.buffer).setUint32(4, header.length, true);
  frame.set(header, 8);
  columns.forEach(({ bytes }, index) => frame.set(bytes, base + entries[index]!.offset));
  return frame.buffer;
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(new Float64Array(values).buffer);

describe("decodeFrame", () => {
  it("gives views of every column type", () => {
    const frame = decodeFrame<{ note: string }>(
      makeFrame({ note: "ä" }, [
        { name: "step", dtype: "f8", bytes: floats(1, 2.5, NaN), length: 3 },
        { name: "value", dtype: "f4", bytes: new Uint8Array(new Float32Array([0.5]).buffer), length: 1 },
        { name: "start", dtype: "u4", bytes: new Uint8Array(new Uint32Array([0, 7, 9]).buffer), length: 3 },
        { name: "big", dtype: "i8", bytes: new Uint8Array(new BigInt64Array([-5n]).buffer), length: 1 },
        { name: "flag", dtype: "u1", bytes: new Uint8Array([1, 0, 1]), length: 3 },
      ]),
    );
    expect(frame.result.note).toBe("ä");
    expect([...frame.floats("step")]).toEqual([1, 2.5, NaN]);
    expect([...frame.floats("value")]).toEqual([0.5]);
    expect([...frame.uints("start")]).toEqual([0, 7, 9]);
    expect(frame.columns.get("big")).toEqual(new BigInt64Array([-5n]));
    expect(frame.columns.get("flag")).toEqual(new Uint8Array([1, 0, 1]));
    expect(frame.has("smoothed")).toBe(false);
  });

  it("widens numbers to float64 once, and exactly", () => {
    const frame = decodeFrame(
      makeFrame({}, [
        { name: "step", dtype: "u4", bytes: new Uint8Array(new Uint32Array([0, 7, 4294967295]).buffer), length: 3 },
        { name: "wall_time", dtype: "f8", bytes: floats(1.5), length: 1 },
        { name: "big", dtype: "i8", bytes: new Uint8Array(new BigInt64Array([-5n]).buffer), length: 1 },
      ]),
    );
    expect(frame.float64s("step")).toEqual(new Float64Array([0, 7, 4294967295]));
    expect(frame.float64s("step")).toBe(frame.float64s("step"));
    expect(frame.float64s("wall_time")).toBe(frame.floats("wall_time"));
    expect(() => frame.float64s("big")).toThrow(/big/);
    expect(() => frame.float64s("none")).toThrow(/none/);
  });

  it("copies nothing", () => {
    const buffer = makeFrame({}, [{ name: "step", dtype: "f8", bytes: floats(1), length: 1 }]);
    expect(decodeFrame(buffer).floats("step").buffer).toBe(buffer);
  });

  it("reads empty columns", () => {
    const buffer = makeFrame({}, [{ name: "step", dtype: "f8", bytes: new Uint8Array(), length: 0 }]);
    expect(decodeFrame(buffer).floats("step")).toHaveLength(0);
  });

  it("refuses what is no frame", () => {
    expect(() => decodeFrame(new ArrayBuffer(4))).toThrow(TypeError);
    expect(() => decodeFrame(new TextEncoder().encode("<!doctype html>").buffer as ArrayBuffer)).toThrow(TypeError);
    const short = makeFrame({}, [{ name: "step", dtype: "f8", bytes: floats(1, 2), length: 2 }]).slice(0, -8);
    expect(() => decodeFrame(short)).toThrow(RangeError);
    const unknown = makeFrame({}, [{ name: "step", dtype: "c16", bytes: floats(1), length: 1 }]);
    expect(() => decodeFrame(unknown)).toThrow(/c16/);
    expect(() => decodeFrame(makeFrame({}, [])).floats("step")).toThrow(/step/);
  });
});
