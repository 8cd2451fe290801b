/** The colours and fonts of a drawing. Passed in by whoever mounts it: drawings never look into the page's styles. */

export interface ChartTheme {
  /** What the plot stands on; also the halo around marks. */
  readonly surface: string;
  readonly text: string;
  /** Tick labels. */
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  /** Crosshair. */
  readonly cursor: string;
  readonly accent: string;
  readonly warning: string;
  readonly danger: string;
  /** CSS font shorthand of tick labels. */
  readonly font: string;
  /** The same for emphasised text. */
  readonly fontStrong: string;
}

const FAMILY = '"Inter Variable", Inter, system-ui, sans-serif';
const FONTS = { font: `400 11px ${FAMILY}`, fontStrong: `600 11px ${FAMILY}` };

/** The values of theme/tokens.css that drawings need; a test keeps the two equal. */
export const CHART_THEMES: Readonly<Record<"light" | "dark", ChartTheme>> = {
  light: {
    surface: "#FFFFFF",
    text: "#171A21",
    muted: "#636B7B",
    grid: "#E9ECF1",
    axis: "#C9CFD9",
    cursor: "#636B7B",
    accent: "#2257C5",
    warning: "#8A5A00",
    danger: "#BF2A30",
    ...FONTS,
  },
  dark: {
    surface: "#15171C",
    text: "#E9EBEF",
    muted: "#8E96A5",
    grid: "#232833",
    axis: "#3A414E",
    cursor: "#8E96A5",
    accent: "#82ADFA",
    warning: "#E3B04B",
    danger: "#FF8080",
    ...FONTS,
  },
};
