import { describe, expect, it } from "vitest";
import { csvField, fileName, joinTables } from "./download.ts";

describe("CSV", () => {
  it("quotes what must be quoted", () => {
    expect(csvField("plain")).toBe("plain");
    expect(csvField('lr=1,"a"')).toBe('"lr=1,""a"""');
    expect(csvField("two\nlines")).toBe('"two\nlines"');
  });

  it("joins one table per series under one head", () => {
    const text = joinTables([
      { source: { run: "a,b", tag: "loss" }, text: "Wall time,Step,Value\r\n1.5,0,2\r\n2.5,1,NaN\r\n" },
      { source: { run: "c", tag: "loss" }, text: "Wall time,Step,Value\n" },
    ]);
    expect(text).toBe('Run,Tag,Wall time,Step,Value\n"a,b",loss,1.5,0,2\n"a,b",loss,2.5,1,NaN\n');
  });
});

describe("fileName", () => {
  it("is safe on every file system", () => {
    expect(fileName("train/loss", "csv")).toBe("train_loss.csv");
    expect(fileName("a".repeat(1000), "png").length).toBeLessThan(130);
    expect(fileName("", "png")).toBe("chart.png");
  });
});
