// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { FINE, HAIRLINE } from "./renderer.ts";
import { escapeXml, makeSvgRenderer, parseFont } from "./svg.ts";
import { composeSvg, legendOf } from "./svg_chart.ts";
import { makeSeries } from "./testing.ts";
import { FITTED } from "./viewport.ts";

const measure = (text: string): number => text.length * 6;

/** Throws for what is not well-formed. */
function parse(text: string): Document {
  const document = new DOMParser().parseFromString(text, "image/svg+xml");
  const error = document.querySelector("parsererror");
  if (error) throw new Error(error.textContent ?? "");
  return document;
}

const draw = (paint: (renderer: ReturnType<typeof makeSvgRenderer>) => void): Element => {
  const renderer = makeSvgRenderer(measure);
  paint(renderer);
  return parse(`<svg xmlns="http://www.w3.org/2000/svg">${renderer.body()}</svg>`).documentElement;
};

describe("the SVG renderer", () => {
  const stroke = { color: "#112233", width: 2, alpha: 0.5, dash: [6, 3] };

  it("writes polylines with their gaps", () => {
    const vertices = { x: Float32Array.of(0, 1, 2, 3, 9), y: Float32Array.of(0, 1, NaN, 3.14159, 9), count: 4 };
    const path = draw((renderer) => renderer.polyline(vertices, stroke)).querySelector("path")!;
    expect(path.getAttribute("d")).toBe("M0 0L1 1M3 3.14");
    expect(path.getAttribute("stroke-dasharray")).toBe("6 3");
    expect(path.getAttribute("stroke-opacity")).toBe("0.5");
    expect(path.getAttribute("fill")).toBe("none");
  });

  it("gives hairlines a width", () => {
    const vertices = { x: Float32Array.of(0, 1), y: Float32Array.of(0, 1), count: 2 };
    for (const width of [HAIRLINE, FINE]) {
      const path = draw((renderer) => renderer.polyline(vertices, { ...stroke, width })).querySelector("path")!;
      expect(Number(path.getAttribute("stroke-width"))).toBeGreaterThan(0.5);
    }
  });

  it("closes strips, each stretch by itself", () => {
    const strip = { x: Float32Array.of(0, 1, 2, 3), y: Float32Array.of(0, 0, NaN, 1), y2: Float32Array.of(5, 5, NaN, 6), count: 4 };
    const path = draw((renderer) => renderer.strip(strip, { color: "#112233", alpha: 0.2 })).querySelector("path")!;
    expect(path.getAttribute("d")).toBe("M0 0L1 0L1 5L0 5ZM3 1L3 6Z");
  });

  it("nests clips and writes nothing for nothing", () => {
    const root = draw((renderer) => {
      renderer.clip({ x: 0, y: 0, width: 10, height: 10 });
      renderer.clip({ x: 1, y: 1, width: 5, height: 5 });
      renderer.polyline({ x: new Float32Array(), y: new Float32Array(), count: 0 }, stroke);
      renderer.unclip();
      renderer.unclip();
    });
    const ids = [...root.querySelectorAll("clipPath")].map((each) => each.id);
    expect(new Set(ids).size).toBe(2);
    expect(root.querySelectorAll("path")).toHaveLength(0);
  });

  it("has every mark", () => {
    const at = { x: Float32Array.of(5, 9), y: Float32Array.of(5, 9), count: 2 };
    for (const shape of ["dot", "ring", "up", "down", "cross"] as const) {
      const root = draw((renderer) => renderer.marks(shape, at, 3, { color: "#112233", alpha: 1 }, "#FFFFFF"));
      expect(root.children.length).toBe(4); // halo and mark, twice
      expect(root.innerHTML).not.toContain("NaN");
    }
  });

  it("places text by its baseline and keeps its words", () => {
    const nasty = "a <b> & \"c\" \u0001 \ud800 µ İ 한";
    const style = { color: "#112233", font: '600 11px "Inter Variable", sans-serif', align: "right", baseline: "middle" } as const;
    const text = draw((renderer) => renderer.text(nasty, 10, 20, style)).querySelector("text")!;
    expect(text.textContent).toBe("a <b> & \"c\" \ufffd \ufffd µ İ 한");
    expect(text.getAttribute("text-anchor")).toBe("end");
    expect(Number(text.getAttribute("y"))).toBeGreaterThan(20);
    expect(text.getAttribute("font-weight")).toBe("600");
  });

  it("reads fonts as the theme writes them", () => {
    expect(parseFont(CHART_THEMES.light.font)).toMatchObject({ weight: "400", sizePx: 11 });
    expect(parseFont(CHART_THEMES.light.font).family).toContain("Inter");
    expect(escapeXml('"<>&')).toBe("&quot;&lt;&gt;&amp;");
  });
});

describe("a chart's document", () => {
  const series = [
    makeSeries([1, 3, 2, NaN, 5], { key: "a", label: "run <a>", color: "#112233", smoothed: Float64Array.of(1, 2, 2, NaN, 4.25) }),
    makeSeries([10, 30], { key: "b", label: "run & b", yAxis: 1, dash: [6, 3], band: { low: Float64Array.of(5, 20), high: Float64Array.of(15, 40) } }),
    makeSeries([4, 4], { key: "old", label: "run <a>", faint: true }),
  ];
  const data: LineChartData = {
    series, xUnit: "step", xKind: "linear", yKind: "symlog", viewport: FITTED, highlighted: "run", theme: CHART_THEMES.dark,
    lines: [{ axis: "y", at: 2, label: "<target>" }, { axis: "x", at: 1, label: "event" }],
    labels: "last", stepCursor: { at: 1, to: 3 }, axisNames: { y: "loss", y2: "lr" },
  }; // prettier-ignore
  const size = { widthPx: 400, heightPx: 220, pixelRatio: 2 };
  const words = { title: "train/loss <&>", description: "loss fell" };
  const noDensity = (): string => {
    throw new Error("not a density");
  };

  it("is well-formed, stands alone and says all of it", () => {
    const root = parse(composeSvg(data, size, words, measure, '@font-face{font-family:"Inter Variable";src:url(data:font/woff2;base64,AAAA)}', noDensity)).documentElement;
    expect(root.querySelector("title")!.textContent).toBe("train/loss <&>");
    expect(root.querySelector("desc")!.textContent).toBe("loss fell");
    expect(root.querySelector("style")!.textContent).toContain("data:font/woff2");
    const texts = [...root.querySelectorAll("text")].map((each) => each.textContent);
    for (const text of ["train/loss <&>", "run <a>", "run & b", "<target>", "event", "loss", "lr", "4.250"]) expect(texts).toContain(text);
    expect(root.outerHTML).not.toMatch(/NaN|undefined|Infinity|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
    expect(root.querySelectorAll("g[clip-path]").length).toBeGreaterThan(0);
    expect(Number(root.getAttribute("height"))).toBeGreaterThan(250);
  });

  it("lists each look once and leaves superseded stretches out", () => {
    expect(legendOf(series).map((entry) => entry.label)).toEqual(["run <a>", "run & b"]);
    expect(legendOf([series[0]!, { ...series[0]!, dash: [2, 2] }])).toHaveLength(2);
  });

  it("bounds the legend of a thousand runs and says so", () => {
    const many = Array.from({ length: 1000 }, (_, i) => makeSeries([1, 2], { key: `${i}`, label: `run ${i}` }));
    const root = parse(composeSvg({ ...data, series: many, labels: "none" }, size, words, measure, "", noDensity)).documentElement;
    expect(root.textContent).toContain("+940 more");
    expect(root.querySelector("style")).toBeNull();
    for (const text of root.querySelectorAll("text")) expect(Number(text.getAttribute("x"))).toBeLessThan(400);
  });

  it("holds a density as one picture, whatever the number of lines", () => {
    const many = Array.from({ length: 1000 }, (_, i) => makeSeries([1, 2], { key: `${i}`, label: `run ${i}` }));
    const text = composeSvg({ ...data, series: many, density: true }, size, words, measure, "", ({ pixelRatio }) => `data:image/png;base64,A${pixelRatio}`);
    const image = parse(text).querySelector("image")!;
    expect(image.getAttribute("href")).toBe("data:image/png;base64,A2");
    expect([image.getAttribute("width"), image.getAttribute("height")]).toEqual(["400", "220"]);
    expect(text).not.toContain("run 7");
    expect(text.length).toBeLessThan(20_000);
  });

  it("stands without any series", () => {
    expect(() => parse(composeSvg({ ...data, series: [] }, size, words, measure, "", noDensity))).not.toThrow();
  });
});
