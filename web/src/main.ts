import "./app/enter.ts";
import { mount } from "svelte";
import App from "./app/App.svelte";
import "./theme/fonts.css";
import "./theme/tokens.css";
import "./theme/global.css";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
