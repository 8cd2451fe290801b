// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import SearchField from "./SearchField.svelte";
import SegmentedControl from "./SegmentedControl.svelte";
import Slider from "./Slider.svelte";
import Splitter from "./Splitter.svelte";
import StepSlider from "./StepSlider.svelte";
import Switch from "./Switch.svelte";

afterEach(cleanup);

describe("Slider", () => {
  const setUp = (): { onchange: ReturnType<typeof vi.fn>; field: HTMLInputElement } => {
    const onchange = vi.fn();
    render(Slider, { props: { label: "Smooth", value: 0.6, max: 0.999, showNumber: true, onchange } });
    return { onchange, field: screen.getByRole<HTMLInputElement>("textbox", { name: "Smooth, as a number" }) };
  };

  it("takes a typed number within its bounds", async () => {
    const { onchange, field } = setUp();
    await fireEvent.change(field, { target: { value: "0,9" } });
    expect(onchange).toHaveBeenLastCalledWith(0.9);
    await fireEvent.change(field, { target: { value: "7" } });
    expect(onchange).toHaveBeenLastCalledWith(0.999);
    expect(screen.getByRole<HTMLInputElement>("slider").valueAsNumber).toBeCloseTo(0.999, 2);
  });

  it("keeps its value when what is typed is no number", async () => {
    const { onchange, field } = setUp();
    for (const text of ["", "abc", "  "]) await fireEvent.change(field, { target: { value: text } });
    expect(onchange).not.toHaveBeenCalled();
    expect(field.value).toBe("0.60");
  });

  it("tells of dragging and of its end", async () => {
    const oninput = vi.fn();
    const onchange = vi.fn();
    render(Slider, { props: { label: "Size", value: 1, min: 0, max: 9, step: 1, oninput, onchange } });
    const slider = screen.getByRole("slider", { name: "Size" });
    await fireEvent.input(slider, { target: { value: "4" } });
    expect(oninput).toHaveBeenCalledWith(4);
    expect(onchange).not.toHaveBeenCalled();
    await fireEvent.change(slider);
    expect(onchange).toHaveBeenCalledWith(4);
  });
});

describe("StepSlider", () => {
  const setUp = (index: number): { onchange: ReturnType<typeof vi.fn>; slider: HTMLInputElement } => {
    const onchange = vi.fn();
    const steps = Array.from({ length: 30 }, (_, i) => i * 100);
    render(StepSlider, { props: { steps, index, onchange } });
    return { onchange, slider: screen.getByRole<HTMLInputElement>("slider", { name: "Step" }) };
  };

  it("says the step in words", () => {
    const { slider } = setUp(12);
    expect(slider.getAttribute("aria-valuetext")).toBe("step 1,200 of 2,900, 13 of 30");
  });

  it("goes by one with its buttons and by ten with shift", async () => {
    const { onchange, slider } = setUp(12);
    await fireEvent.click(screen.getByRole("button", { name: "Next step" }));
    expect(onchange).toHaveBeenLastCalledWith(13);
    await fireEvent.keyDown(slider, { key: "ArrowRight", shiftKey: true });
    expect(onchange).toHaveBeenLastCalledWith(23);
    await fireEvent.keyDown(slider, { key: "ArrowRight", shiftKey: true });
    expect(onchange).toHaveBeenLastCalledWith(29);
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Next step" }).disabled).toBe(true);
  });

  it("survives having no steps and an index of earlier ones", () => {
    render(StepSlider, { props: { steps: [], index: 7 } });
    expect(screen.getByRole("slider").getAttribute("aria-valuetext")).toBe("no steps");
  });
});

describe("Splitter", () => {
  it("moves by keys within its bounds and back by a double-click", async () => {
    const onchange = vi.fn();
    const props = { label: "Width", controls: "runs", value: 300, min: 200, max: 400, initial: 284, onchange };
    render(Splitter, { props });
    const handle = screen.getByRole("separator", { name: "Width" });
    await fireEvent.keyDown(handle, { key: "ArrowLeft" });
    expect(onchange).toHaveBeenLastCalledWith(284);
    await fireEvent.keyDown(handle, { key: "ArrowRight", shiftKey: true });
    expect(onchange).toHaveBeenLastCalledWith(348);
    await fireEvent.keyDown(handle, { key: "End" });
    await fireEvent.keyDown(handle, { key: "ArrowRight" });
    expect(onchange).toHaveBeenLastCalledWith(400);
    await fireEvent.keyDown(handle, { key: "Home" });
    expect(handle.getAttribute("aria-valuenow")).toBe("200");
    await fireEvent.dblClick(handle);
    expect(onchange).toHaveBeenLastCalledWith(284);
  });
});

describe("SegmentedControl", () => {
  it("is a group of radio buttons", async () => {
    const onchange = vi.fn();
    const options = [
      { value: "step", label: "Step" },
      { value: "wall", label: "Wall" },
    ];
    render(SegmentedControl, { props: { label: "X axis", options, value: "step", onchange } });
    expect(screen.getByRole("radiogroup", { name: "X axis" })).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "Step" }).checked).toBe(true);
    await fireEvent.click(screen.getByRole("radio", { name: "Wall" }));
    expect(onchange).toHaveBeenCalledWith("wall");
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "Step" }).checked).toBe(false);
  });
});

describe("Switch", () => {
  it("tells its state", async () => {
    const onchange = vi.fn();
    render(Switch, { props: { checked: false, label: "Keys", onchange } });
    const button = screen.getByRole("switch", { name: "Keys" });
    await fireEvent.click(button);
    expect(onchange).toHaveBeenCalledWith(true);
    expect(button.getAttribute("aria-checked")).toBe("true");
  });
});

describe("SearchField", () => {
  it("is emptied by Escape and by its button", async () => {
    render(SearchField, { props: { label: "Filter runs", value: "abc" } });
    const field = screen.getByRole<HTMLInputElement>("searchbox", { name: "Filter runs" });
    await fireEvent.keyDown(field, { key: "Escape" });
    expect(field.value).toBe("");
    await fireEvent.input(field, { target: { value: "x" } });
    await fireEvent.click(screen.getByRole("button", { name: "Clear filter runs" }));
    expect(field.value).toBe("");
  });

  it("says what is wrong with its text", () => {
    render(SearchField, { props: { label: "Filter runs", value: "/(/", error: "Not a regular expression" } });
    const field = screen.getByRole("searchbox");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toContain("regular");
  });
});
