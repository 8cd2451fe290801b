/**
 * A pair of canvases that fill an element: one for the drawing, one above it for what follows the
 * pointer. Knows device pixels and resizing and nothing else. Both contexts are 2-D and scaled so
 * that callers work in CSS pixels.
 */

export interface SurfaceSize {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

export interface Surface {
  readonly base: CanvasRenderingContext2D;
  readonly overlay: CanvasRenderingContext2D;
  /** The overlay's canvas: the element that hears the pointer. */
  readonly element: HTMLCanvasElement;
  readonly size: SurfaceSize;
  /** Measures the host again; true if the size or the pixel ratio changed (both canvases are then blank). */
  resize(): boolean;
  destroy(): void;
}

/** More device pixels than this per side make browsers refuse the canvas. */
const MAX_DEVICE_PX = 8192;

function addCanvas(host: HTMLElement): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  // CSSOM, not a style attribute: the content security policy forbids the latter
  Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", display: "block" });
  canvas.setAttribute("aria-hidden", "true");
  host.appendChild(canvas);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2-D canvas");
  return [canvas, context];
}

/** Puts two canvases into `host`, which must be positioned, and calls `onResize` when its size changes. */
export function makeSurface(host: HTMLElement, onResize: () => void): Surface {
  const [baseCanvas, base] = addCanvas(host);
  const [overlayCanvas, overlay] = addCanvas(host);
  overlayCanvas.style.touchAction = "pan-y";
  let size: SurfaceSize = { widthPx: 0, heightPx: 0, pixelRatio: 1 };

  function resize(): boolean {
    const widthPx = host.clientWidth;
    const heightPx = host.clientHeight;
    const wanted = globalThis.devicePixelRatio || 1;
    const largest = Math.max(widthPx, heightPx, 1);
    const pixelRatio = Math.min(wanted, MAX_DEVICE_PX / largest);
    if (widthPx === size.widthPx && heightPx === size.heightPx && pixelRatio === size.pixelRatio) return false;
    size = { widthPx, heightPx, pixelRatio };
    for (const context of [base, overlay]) {
      context.canvas.width = Math.round(widthPx * pixelRatio);
      context.canvas.height = Math.round(heightPx * pixelRatio);
      context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    }
    return true;
  }

  const observer = new ResizeObserver(() => {
    if (resize()) onResize();
  });
  observer.observe(host);
  resize();

  return {
    base,
    overlay,
    element: overlayCanvas,
    get size() {
      return size;
    },
    resize,
    destroy() {
      observer.disconnect();
      baseCanvas.remove();
      overlayCanvas.remove();
      // Safari keeps the memory of detached canvases until they are emptied
      baseCanvas.width = baseCanvas.height = overlayCanvas.width = overlayCanvas.height = 0;
    },
  };
}
