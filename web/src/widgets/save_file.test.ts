import { expect, it } from "vitest";
import { fileName } from "./save_file.ts";

it("names files safely on every file system", () => {
  expect(fileName("train/loss", "csv")).toBe("train_loss.csv");
  expect(fileName("a".repeat(1000), "png").length).toBeLessThan(130);
  expect(fileName("", "png")).toBe("chart.png");
});
