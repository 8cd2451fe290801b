/** The text `epochal/provenance` that Epochal's writer logs: a Markdown list, one `- **name**: code` for each fact. */

export function parseProvenance(text: string): [name: string, fact: string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const found = /^- \*\*(.+?)\*\*: (`+)(.*)\2$/.exec(line);
    if (!found) return [];
    // Code that contains backticks stands between blanks.
    const fact = found[2]!.length > 1 ? found[3]!.replace(/^ (.*) $/, "$1") : found[3]!;
    return [[found[1]!, fact]];
  });
}
