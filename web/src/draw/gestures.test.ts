import { describe, expect, it } from "vitest";
import { makeBox } from "./gestures.ts";

describe("makeBox", () => {
  it("zooms both axes, or the one along which it was dragged", () => {
    expect(makeBox(10, 10, 80, 60).axes).toBe("both");
    expect(makeBox(10, 10, 80, 18).axes).toBe("x");
    expect(makeBox(80, 18, 10, 10).axes).toBe("x");
    expect(makeBox(10, 10, 14, 90).axes).toBe("y");
    expect(makeBox(10, 10, 15, 14).axes).toBe("x");
  });
});
