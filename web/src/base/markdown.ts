/**
 * Markdown of logs as DOM. Logs are untrusted: raw HTML stays text, nothing is fetched from anywhere, links lead only
 * to http, https and mailto. marked makes HTML of it, DOMPurify has the last word. The only file that imports either.
 */

import DOMPurify, { type Config } from "dompurify";
import { Marked, type Tokens } from "marked";

/** The topmost heading of a log comes below those of the page (its title is h1, a section's h2), without a gap. */
const topHeading = 3;
let headingShift = 0;

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character]!);
}

/** The address if a page of ours may link to it, else null. Relative addresses mean nothing outside the log's author's disk. */
export function safeLink(address: string): string | null {
  // browsers drop control characters and blanks inside a scheme before they read it
  const cleaned = address.replace(/[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028\u2029]/g, ""); // eslint-disable-line no-control-regex
  return /^(https?:\/\/|mailto:)/i.test(cleaned) ? cleaned : null;
}

/** Pixels that are in the text itself. SVG is left out: it is a document, not a picture. */
function isInlinePicture(address: string): boolean {
  return /^data:image\/(png|jpeg|gif|webp|bmp|avif);base64,[a-z0-9+/=\s]*$/i.test(address);
}

const marked = new Marked({ gfm: true, breaks: false, async: false });
marked.use({
  renderer: {
    html({ text }: Tokens.HTML | Tokens.Tag): string {
      return escape(text);
    },
    heading({ tokens, depth }: Tokens.Heading): string {
      const level = Math.min(6, depth + headingShift);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    link({ href, title, tokens }: Tokens.Link): string {
      const content = this.parser.parseInline(tokens);
      const address = safeLink(href);
      if (!address) return content;
      return `<a href="${escape(address)}"${title ? ` title="${escape(title)}"` : ""}>${content}</a>`;
    },
    image({ href, title, text }: Tokens.Image): string {
      const alt = escape(text);
      if (isInlinePicture(href)) return `<img src="${escape(href)}" alt="${alt}"${title ? ` title="${escape(title)}"` : ""}>`;
      const kind = /^(https?:)?\/\//i.test(href) ? "remote image blocked" : "image not in the log";
      return `<span class="blocked-image" title="${escape(href)}">${kind}${alt ? `: ${alt}` : ""}</span>`;
    },
    checkbox({ checked }: Tokens.Checkbox): string {
      return checked ? "☑ " : "☐ ";
    },
    listitem({ task, tokens }: Tokens.ListItem): string {
      return `<li${task ? ' class="task"' : ""}>${this.parser.parse(tokens)}</li>\n`;
    },
    code({ text, lang }: Tokens.Code): string {
      const name = lang?.match(/^[\w+#.-]+/)?.[0];
      const caption = name ? ` data-language="${escape(name)}"` : "";
      return `<pre tabindex="0"${caption}><code>${escape(text)}\n</code></pre>\n`;
    },
    table(token: Tokens.Table): string {
      const cell = (tag: string, each: Tokens.TableCell): string =>
        `<${tag}${each.align ? ` align="${each.align}"` : ""}>${this.parser.parseInline(each.tokens)}</${tag}>`;
      const row = (tag: string, cells: Tokens.TableCell[]): string =>
        `<tr>${cells.map((each) => cell(tag, each)).join("")}</tr>`;
      const body = token.rows.map((cells) => row("td", cells)).join("");
      return `<div class="table-scroll" tabindex="0"><table><thead>${row("th", token.header)}</thead><tbody>${body}</tbody></table></div>`;
    },
  },
});

const config: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: [
    ..."a b blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong".split(" "),
    ..."sub sup table tbody td th thead tr ul".split(" "),
  ],
  ALLOWED_ATTR: ["href", "title", "alt", "src", "align", "start", "class", "tabindex", "rel", "target", "data-language"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  FORBID_CONTENTS: ["script", "style", "annotation"],
  RETURN_DOM_FRAGMENT: true,
};

/** Classes that the renderer itself writes; a log cannot dress up as a part of the app. */
const ownClasses = new Set(["table-scroll", "blocked-image", "task"]);

type Purifier = typeof DOMPurify;
let purifier: Purifier | null = null;

function getPurifier(): Purifier {
  if (purifier) return purifier;
  purifier = DOMPurify(window);
  purifier.addHook("afterSanitizeAttributes", (node) => {
    if (node.tagName === "A") {
      const address = safeLink(node.getAttribute("href") ?? "");
      if (address) {
        node.setAttribute("rel", "noopener noreferrer");
        node.setAttribute("target", "_blank");
      } else {
        node.removeAttribute("href");
      }
    }
    if (node.tagName === "IMG") {
      if (!isInlinePicture(node.getAttribute("src") ?? "")) node.removeAttribute("src");
    } else {
      node.removeAttribute("src");
    }
    for (const name of [...node.classList]) if (!ownClasses.has(name)) node.classList.remove(name);
    if (node.classList.length === 0) node.removeAttribute("class");
  });
  return purifier;
}

/** Emphasis marks in one block for which marked, whose matching is quadratic, needs some tenths of a second. */
const mostMarks = 4000;

function isTooTangled(source: string): boolean {
  if (source.length < mostMarks) return false;
  return source.split(/\n\s*\n/).some((block) => (block.match(/[*_]+/g)?.length ?? 0) > mostMarks);
}

function asWritten(source: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.textContent = source;
  fragment.append(pre);
  return fragment;
}

/**
 * Rendered markdown, ready to be put into the page; needs a DOM. Text that no parser gets through in reasonable time
 * or depth (thousands of nested quotes) comes back as it was written.
 */
export function renderMarkdown(source: string): DocumentFragment {
  if (isTooTangled(source)) return asWritten(source);
  let html: string;
  try {
    const tokens = marked.lexer(source);
    let topmost = 6;
    marked.walkTokens(tokens, (token) => {
      if (token.type === "heading") topmost = Math.min(topmost, (token as Tokens.Heading).depth);
    });
    headingShift = topHeading - topmost;
    html = marked.parser(tokens);
  } catch {
    return asWritten(source); // the stack is not deep enough for it
  }
  return getPurifier().sanitize(html, config);
}
