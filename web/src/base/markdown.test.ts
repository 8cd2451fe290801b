// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { renderMarkdown, safeLink } from "./markdown.ts";

function render(source: string): HTMLElement {
  const host = document.createElement("div");
  host.append(renderMarkdown(source));
  return host;
}

describe("renderMarkdown", () => {
  it("renders what logs are made of", () => {
    const host = render("# Run\n\n**bold** `x < 1`\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nlr = 1e-3\n```\n\n- [x] done\n- [ ] open");
    expect(host.querySelector("h3")?.textContent).toBe("Run");
    expect(host.querySelector("h1")).toBeNull();
    expect(host.querySelector("strong")?.textContent).toBe("bold");
    expect(host.querySelector("p code")?.textContent).toBe("x < 1");
    expect(host.querySelector(".table-scroll td[align=right]")?.textContent).toBe("2");
    expect(host.querySelector("pre[tabindex='0'][data-language=python] code")?.textContent).toBe("lr = 1e-3\n");
    expect(host.querySelector("ul")?.textContent).toContain("☑ done");
    expect(host.querySelector("ul")?.textContent).toContain("☐ open");
    expect(host.querySelector("input")).toBeNull();
  });

  it("starts headings below the page's own, whatever the log starts with", () => {
    const levels = (source: string): string[] => [...render(source).querySelectorAll("h1,h2,h3,h4,h5,h6")].map((each) => each.tagName);
    expect(levels("# a\n\n## b\n\n###### c")).toEqual(["H3", "H4", "H6"]);
    expect(levels("### b\n\n## a\n\n> #### quoted")).toEqual(["H4", "H3", "H5"]);
  });

  it("shows raw HTML as text", () => {
    const host = render("before <b>x</b> <script>alert(1)</script>\n\n<div onclick=alert(1)>block</div>");
    expect(host.querySelector("b, script, div")).toBeNull();
    expect(host.textContent).toContain("<b>x</b>");
    expect(host.textContent).toContain("<script>alert(1)</script>");
    expect(host.textContent).toContain("<div onclick=alert(1)>block</div>");
  });

  it("opens links outside, without a way back", () => {
    const link = render('[site](https://example.org/a?b=1&c=2 "title")').querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.org/a?b=1&c=2");
    expect(link?.getAttribute("rel")).toBe("noopener noreferrer");
    expect(link?.getAttribute("target")).toBe("_blank");
    expect(link?.getAttribute("title")).toBe("title");
    expect(render("<https://example.org> https://bare.example.org me@example.org").querySelectorAll("a[rel]")).toHaveLength(3);
  });

  it("fetches no image, and says so", () => {
    const host = render("![loss curve](https://tracker.example/pixel.png) ![](//other.example/a.png) ![local](plots/a.png)");
    expect(host.querySelector("img")).toBeNull();
    const chips = [...host.querySelectorAll(".blocked-image")];
    expect(chips.map((chip) => chip.textContent)).toEqual([
      "remote image blocked: loss curve",
      "remote image blocked",
      "image not in the log: local",
    ]);
    expect(chips[0]?.getAttribute("title")).toBe("https://tracker.example/pixel.png");
  });

  it("shows pictures that are in the text itself", () => {
    const pixel = "data:image/png;base64,iVBORw0KGgo=";
    expect(render(`![dot](${pixel})`).querySelector("img")?.getAttribute("src")).toBe(pixel);
    expect(render("![x](data:image/svg+xml;base64,PHN2Zz4=)").querySelector("img")).toBeNull();
    expect(render("![x](data:text/html;base64,PHN2Zz4=)").querySelector("img")).toBeNull();
  });
});

describe("text that no parser gets through", () => {
  it.each([
    ["nested quotes", ">".repeat(20_000) + " deep"],
    ["tangled emphasis", "_a".repeat(30_000)],
    ["tangled stars", "**a".repeat(20_000)],
  ])("comes as it was written: %s", (_, source) => {
    const host = render(source);
    expect(host.children).toHaveLength(1);
    expect(host.querySelector("pre")?.textContent).toBe(source);
  });

  it("does not catch long ordinary texts", () => {
    // more marks in all than one block may have, in few elements: jsdom is slow with many
    const block = "a_snake_case_name_of_many_parts ".repeat(400) + "and a *word*";
    const source = Array.from({ length: 4 }, () => block).join("\n\n");
    expect(source.match(/[*_]/g)!.length).toBeGreaterThan(2 * 4000);
    const host = render(source);
    expect(host.querySelectorAll("p > em")).toHaveLength(4);
  });
});

describe("safeLink", () => {
  it("knows three schemes and nothing else", () => {
    expect(safeLink("HTTP://a.example")).toBe("HTTP://a.example");
    expect(safeLink("mailto:a@b.example")).toBe("mailto:a@b.example");
    for (const bad of ["javascript:alert(1)", "java\tscript:alert(1)", " \u0001javascript:x", "data:text/html,x", "vbscript:x",
      "file:///etc/passwd", "/api/reload", "#/scalars", "//evil.example", "http:alert(1)", ""]) { // prettier-ignore
      expect(safeLink(bad), bad).toBeNull();
    }
  });
});

/** Known ways past sanitisers and Markdown renderers: OWASP's and DOMPurify's lists, mutation and clobbering cases. */
const attacks = [
  "<script>window.hit=1</script>",
  "<img src=x onerror=window.hit=1>",
  "<svg onload=window.hit=1>",
  "<svg><script>window.hit=1</script></svg>",
  '<svg><a xlink:href="javascript:window.hit=1"><text>x</text></a></svg>',
  "<iframe src=javascript:window.hit=1>",
  '<iframe srcdoc="<script>parent.hit=1</script>">',
  "<object data=javascript:window.hit=1>",
  "<embed src=javascript:window.hit=1>",
  "<body onload=window.hit=1>",
  "<details open ontoggle=window.hit=1>",
  "<video><source onerror=window.hit=1>",
  "<form action=javascript:window.hit=1><button>x</button></form>",
  "<input autofocus onfocus=window.hit=1>",
  "<base href=https://evil.example/>",
  '<meta http-equiv=refresh content="0;url=javascript:window.hit=1">',
  "<link rel=stylesheet href=https://evil.example/a.css>",
  "<style>@import 'https://evil.example/a.css';</style>",
  '<p style="background:url(https://evil.example)">x</p>',
  "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
  "<math><mi//xlink:href=\"data:x,<script>window.hit=1</script>\">",
  "<noscript><p title=\"</noscript><img src=x onerror=window.hit=1>\">",
  "<form id=x></form><input form=x name=attributes><a id=body></a>",
  "<template><script>window.hit=1</script></template>",
  "<!--><img src=x onerror=window.hit=1>-->",
  "<![CDATA[<img src=x onerror=window.hit=1>]]>",
  "<a href=\"javascript:window.hit=1\">x</a>",
  "[x](javascript:window.hit=1)",
  "[x](JaVaScRiPt:window.hit=1)",
  "[x](java&#x73;cript:window.hit=1)",
  "[x](java%0ascript:window.hit=1)",
  "[x](&#1;javascript:window.hit=1)",
  "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "[x](vbscript:window.hit=1)",
  "[x]: javascript:window.hit=1\n\n[x]",
  "<javascript:window.hit=1>",
  "![x](javascript:window.hit=1)",
  '![x](x"onerror="window.hit=1)',
  '![x](https://a.example/"onerror="window.hit=1)',
  '![" onerror="window.hit=1](data:image/png;base64,AAAA)',
  '[x](https://a.example "\\" onmouseover=\\"window.hit=1")',
  '[x](https://a.example/" onmouseover="window.hit=1)',
  '```"><img src=x onerror=window.hit=1>\ncode\n```',
  "```js onload=window.hit=1\ncode\n```",
  "`<img src=x onerror=window.hit=1>`",
  "| <img src=x onerror=window.hit=1> |\n|---|\n| <script>window.hit=1</script> |",
  "# <img src=x onerror=window.hit=1>",
  "> <svg/onload=window.hit=1>",
  "* <details/open/ontoggle=window.hit=1>",
  "&lt;img src=x onerror=window.hit=1&gt;",
  "<a class=\"table-scroll\" href=https://a.example>x</a>",
];

describe("attacks", () => {
  const allowed = new Set(["href", "title", "alt", "src", "align", "start", "class", "tabindex", "rel", "target", "data-language"]);

  it.each(attacks)("%s", (source) => {
    const host = render(`text ${source}\n\n${source}\n\nend`);
    document.body.append(host); // handlers only run on elements of a document
    for (const element of host.querySelectorAll("*")) {
      expect(element.matches("script, style, iframe, object, embed, svg, math, form, input, button, base, meta, link, template, video, audio")).toBe(false);
      for (const attribute of element.attributes) {
        expect(allowed.has(attribute.name), attribute.name).toBe(true);
        expect(attribute.name === "href" ? safeLink(attribute.value) : "").not.toBeNull();
        if (attribute.name === "src") expect(attribute.value).toMatch(/^data:image\/png/);
      }
      element.dispatchEvent(new Event("error"));
      element.dispatchEvent(new Event("load"));
      element.dispatchEvent(new Event("mouseover"));
    }
    expect((window as { hit?: number }).hit).toBeUndefined();
    expect(host.textContent).toContain("end"); // nothing swallowed what follows
    host.remove();
  });
});
