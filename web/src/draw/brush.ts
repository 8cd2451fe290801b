/** The rectangle with which lines are picked, and how many it would pick. */

import type { ChartTheme } from "./chart_theme.ts";
import { HAIRLINE, type Rect, type Renderer } from "./renderer.ts";

const LABEL_PX = 16;

export function drawBrush(renderer: Renderer, rect: Rect, groups: number, plot: Rect, theme: ChartTheme): void {
  const stroke = { color: theme.accent, width: HAIRLINE, alpha: 1, dash: [3, 2] };
  renderer.rect(rect, { color: theme.accent, alpha: 0.08 }, stroke);
  const text = groups === 1 ? "1 run" : `${groups} runs`;
  const width = renderer.measure(text, theme.font) + 8;
  // above the rectangle, or inside it where the plot ends
  const y = rect.y - LABEL_PX >= plot.y ? rect.y - LABEL_PX : rect.y + 1;
  const x = Math.min(rect.x, plot.x + plot.width - width);
  renderer.rect({ x, y, width, height: LABEL_PX - 1 }, { color: theme.accent, alpha: 1 }, null);
  renderer.text(text, x + 4, y + LABEL_PX / 2 - 0.5, { color: theme.surface, font: theme.font, align: "left", baseline: "middle" });
}
