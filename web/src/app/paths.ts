/** A path short enough for the top bar: home as `~`, and of long ones the last parts. */
export function shortPath(path: string): string {
  const tidy = path.replace(/^\/(home|Users)\/[^/]+(?=\/|$)/, "~").replace(/^\/root(?=\/|$)/, "~");
  if (tidy.length <= 28) return tidy;
  const parts = tidy.split("/");
  let short = parts.pop() ?? tidy;
  while (parts.length && short.length + parts[parts.length - 1]!.length < 26) short = `${parts.pop()!}/${short}`;
  return parts.length ? `…/${short}` : short;
}
