/** Short notices at the bottom of the page. A notice is never the only place where something is said. */

export interface ToastOptions {
  tone?: "neutral" | "success" | "warning" | "danger";
  /** One button, which also closes the notice. */
  action?: { label: string; run: () => void };
  /** Milliseconds; 0 stays until it is closed. */
  lasts?: number;
}

export interface ToastEntry extends ToastOptions {
  id: number;
  text: string;
}

const most = 3;
let nextId = 1;

class Toasts {
  list: readonly ToastEntry[] = $state.raw([]);

  close(id: number): void {
    this.list = this.list.filter((entry) => entry.id !== id);
  }
}

export const toasts = new Toasts();

/** Shows a notice; the same text twice is one notice. */
export function toast(text: string, options: ToastOptions = {}): void {
  const id = nextId++;
  const { lasts = options.action ? 8000 : 4000 } = options;
  toasts.list = [...toasts.list.filter((entry) => entry.text !== text), { ...options, id, text }].slice(-most);
  if (lasts > 0) setTimeout(() => toasts.close(id), lasts);
}
