/** Whether an element can be seen: what lies beyond the edge of a scroller need not be drawn in every frame. */

export interface Sight {
  /** True until the browser says otherwise. */
  readonly visible: boolean;
  stop(): void;
}

/** A little before it is seen, so that it is drawn when it is. */
const MARGIN = "120px";

/** `onChange` is called when the element comes into sight, and when it goes. */
export function watchSight(element: Element, onChange: (visible: boolean) => void): Sight {
  let visible = true;
  const observer =
    typeof IntersectionObserver === "undefined"
      ? null
      : new IntersectionObserver(
          (entries) => {
            const was = visible;
            visible = entries.at(-1)?.isIntersecting ?? true;
            if (visible !== was) onChange(visible);
          },
          { rootMargin: MARGIN },
        );
  observer?.observe(element);
  return {
    get visible() {
      return visible;
    },
    stop: () => observer?.disconnect(),
  };
}
