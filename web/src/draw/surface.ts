/**
 * A pair of canvases that fill an element: one for the drawing, one above it for what follows the
 * pointer. Knows device pixels and resizing and nothing else. Both contexts are 2-D and scaled so
 * that callers work in CSS pixels.
 *
 * The upper canvas is there only while something is on it: on a page of many charts most have nothing
 * to show there, and a browser lays even a blank canvas over the lower one, pixel by pixel, in every frame.
 */

export interface SurfaceSize {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

export interface Surface {
  readonly base: CanvasRenderingContext2D;
  readonly size: SurfaceSize;
  /** The upper canvas, blank; it is seen until `hideOverlay`. */
  showOverlay(): CanvasRenderingContext2D;
  hideOverlay(): void;
  /** Measures the host again; true if the size or the pixel ratio changed (the lower canvas is then blank). */
  resize(): boolean;
  destroy(): void;
}

/** More device pixels than this per side make browsers refuse the canvas. */
const MAX_DEVICE_PX = 8192;

function addCanvas(host: HTMLElement): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  // CSSOM, not a style attribute: the content security policy forbids the latter
  Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", display: "block" });
  canvas.setAttribute("aria-hidden", "true");
  host.appendChild(canvas);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2-D canvas");
  return context;
}

/** Makes a canvas of this size; it is blank then. */
function fit(context: CanvasRenderingContext2D, { widthPx, heightPx, pixelRatio }: SurfaceSize): void {
  context.canvas.width = Math.round(widthPx * pixelRatio);
  context.canvas.height = Math.round(heightPx * pixelRatio);
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
}

/** Puts the canvases into `host`, which must be positioned, and calls `onResize` when its size changes. */
export function makeSurface(host: HTMLElement, onResize: () => void): Surface {
  const base = addCanvas(host);
  base.canvas.style.touchAction = "pan-y";
  let overlay: CanvasRenderingContext2D | null = null;
  let size: SurfaceSize = { widthPx: 0, heightPx: 0, pixelRatio: 1 };
  let overlaySize: SurfaceSize | null = null;

  function resize(): boolean {
    const widthPx = host.clientWidth;
    const heightPx = host.clientHeight;
    const wanted = globalThis.devicePixelRatio || 1;
    const largest = Math.max(widthPx, heightPx, 1);
    const pixelRatio = Math.min(wanted, MAX_DEVICE_PX / largest);
    if (widthPx === size.widthPx && heightPx === size.heightPx && pixelRatio === size.pixelRatio) return false;
    size = { widthPx, heightPx, pixelRatio };
    fit(base, size);
    return true;
  }

  const observer = new ResizeObserver(() => {
    if (resize()) onResize();
  });
  observer.observe(host);
  resize();

  return {
    base,
    get size() {
      return size;
    },
    resize,
    showOverlay() {
      if (!overlay) {
        overlay = addCanvas(host);
        overlay.canvas.style.pointerEvents = "none";
      }
      if (overlaySize === size) overlay.clearRect(0, 0, size.widthPx, size.heightPx);
      else fit(overlay, size);
      overlaySize = size;
      overlay.canvas.style.display = "block";
      return overlay;
    },
    hideOverlay() {
      if (overlay) overlay.canvas.style.display = "none";
    },
    destroy() {
      observer.disconnect();
      for (const context of overlay ? [base, overlay] : [base]) {
        context.canvas.remove();
        // Safari keeps the memory of detached canvases until they are emptied
        context.canvas.width = context.canvas.height = 0;
      }
    },
  };
}
