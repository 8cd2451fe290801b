/** The thread that draws charts of many lines: messages of line_wire.ts in, bitmaps out. */

import { makeLinePainter } from "./line_painter.ts";
import type { FromWorker, ToWorker } from "./line_wire.ts";

/** What of a worker's global scope is used here (TypeScript's types are the page's). */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
}
const scope = self as unknown as Scope;

const painter = makeLinePainter();
const jobs: Extract<ToWorker, { do: "draw" }>[] = [];
let busy = false;

async function work(): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const painted = painter.paint(job.layer, job.view);
      // one at a time: the next picture is painted into the same bytes
      const bitmap = painted && (await createImageBitmap(new ImageData(painted.data, painted.width, painted.height)));
      scope.postMessage({ do: "drawn", layer: job.layer, bitmap }, bitmap ? [bitmap] : []);
    }
  } catch (error) {
    scope.postMessage({ do: "failed", reason: String(error) }, []);
  }
  busy = false;
}

scope.onmessage = ({ data }) => {
  if (data.do === "draw") {
    jobs.push(data);
    void work();
  } else painter.tell(data);
};
scope.postMessage({ do: "ready" }, []);
