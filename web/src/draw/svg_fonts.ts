/** The page's font inside an SVG document, as data: URLs. Fetched once, when the first document is made. */

import latinExtUrl from "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2?url";
import latinUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";

const fetched = new Map<string, Promise<string>>();

/** Latin is always there; the extended file only where a text has such letters. */
const EXTENDED = /[\u0100-\u0130\u0132-\u0151\u0154-\u02ba\u1d00-\u1dbf\u1e00-\u1e9f\u1ef2-\u1eff\u20a0-\u20ab\u20ad-\u20c0\u2c60-\u2c7f\ua720-\ua7ff]/;

async function fetchDataUrl(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the font could not be read: ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  let binary = "";
  // in pieces: fromCharCode takes its characters as arguments, and their number is bounded
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:font/woff2;base64,${btoa(binary)}`;
}

function load(url: string): Promise<string> {
  let data = fetched.get(url);
  if (!data) {
    data = fetchDataUrl(url);
    fetched.set(url, data);
    // a server that was away may be back at the next attempt
    data.catch(() => fetched.delete(url));
  }
  return data;
}

/**
 * @font-face rules with what `texts` need. Empty if the server does not answer: the families named after Inter then
 * serve, and a picture without its font is better than none.
 */
export async function fontFaces(texts: readonly string[]): Promise<string> {
  const urls = texts.some((text) => EXTENDED.test(text)) ? [latinExtUrl, latinUrl] : [latinUrl];
  try {
    const data = await Promise.all(urls.map(load));
    const face = (url: string): string =>
      `@font-face{font-family:"Inter Variable";font-style:normal;font-weight:100 900;src:url(${url}) format("woff2")}`;
    return data.map(face).join("");
  } catch {
    return "";
  }
}
