/**
 * A text as people look for it: upper and lower case are one, and so are the Turkish `İ I ı i`, the two sigmas, and
 * letters that some file systems store in parts (a Korean or accented folder name on macOS).
 */
export function foldCase(text: string): string {
  if (isAscii.test(text)) return text.toLowerCase();
  // `İ` becomes an `i` and a combining dot in lower case; no locale is asked, as all machines must find the same.
  return text.normalize("NFKC").toLowerCase().replace(/i\u0307|ı/g, "i").replaceAll("ς", "σ");
}

const isAscii = /^[\x20-\x7f]*$/;
