/** Where an enlarged image lies: its scale, and its centre's distance from the centre of the stage in CSS pixels. */

export interface Pose {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export const highestScale = 64;

/** Scale at which the whole image fills the stage; small images grow by whole factors, so that pixels stay equal. */
export function fitScale(image: Size, stage: Size): number {
  if (!(image.width > 0) || !(image.height > 0) || !(stage.width > 0) || !(stage.height > 0)) return 1;
  const scale = Math.min((stage.width * 0.94) / image.width, (stage.height * 0.94) / image.height);
  return scale >= 2 ? Math.min(highestScale, Math.floor(scale)) : scale;
}

/** Zooms by a factor around a point (from the stage's centre), which stays where it is. */
export function zoomAt(pose: Pose, factor: number, x: number, y: number, lowest: number): Pose {
  const scale = Math.min(highestScale, Math.max(lowest, pose.scale * factor));
  const grown = scale / pose.scale;
  return { scale, x: x - (x - pose.x) * grown, y: y - (y - pose.y) * grown };
}
