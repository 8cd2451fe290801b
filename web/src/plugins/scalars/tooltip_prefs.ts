/** How the tooltip lists the lines at the cursor; a matter of taste, kept on this machine. */

import { prefs } from "../../state/prefs.svelte.ts";
import type { MenuEntry } from "../../widgets/menu.ts";
import { PLAIN_READING, TOOLTIP_ORDERS, type TooltipOrder } from "./reading.ts";

const ORDER = "scalars.tooltip_order";
const ROWS = "scalars.tooltip_rows";
const ROW_CHOICES: readonly number[] = [5, 10, 20, 50];

export const tooltipPrefs = {
  get order(): TooltipOrder {
    const saved = prefs.get<string>(ORDER, PLAIN_READING.order);
    return TOOLTIP_ORDERS.find(({ value }) => value === saved)?.value ?? PLAIN_READING.order;
  },
  set order(value: TooltipOrder) {
    prefs.set(ORDER, value);
  },

  /** Rows at most. */
  get most(): number {
    const saved = prefs.get<unknown>(ROWS, PLAIN_READING.most);
    return typeof saved === "number" && saved >= 1 ? Math.min(100, Math.round(saved)) : PLAIN_READING.most;
  },
  set most(value: number) {
    if (Number.isFinite(value)) prefs.set(ROWS, Math.min(100, Math.max(1, Math.round(value))));
  },
};

/** The same choices as they stand in the menu of a pinned tooltip. */
export function tooltipChoices(): MenuEntry[] {
  const { order, most } = tooltipPrefs;
  return [
    { heading: "Order of the lines" },
    ...TOOLTIP_ORDERS.map(({ value, label }) => ({ label, checked: value === order, run: () => (tooltipPrefs.order = value) })),
    { heading: "Lines while pointing" },
    ...ROW_CHOICES.map((count) => ({ label: `The nearest ${count}`, checked: count === most, run: () => (tooltipPrefs.most = count) })),
  ];
}
