/** Files that the page hands out. */

/** A name that every file system takes. */
export function fileName(title: string, extension: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these must not be in file names
  const safe = title.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, "_").slice(0, 120) || "chart";
  return `${safe}.${extension}`;
}

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // the download has begun when the click returns; the data are kept until then
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
