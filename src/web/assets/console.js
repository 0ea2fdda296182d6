// Moves the figures of an open page. Nothing here decides anything: without it every page still says
// what was true when it was loaded.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const whole = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u00a0");
  const decimal = (value) => {
    const text = value.toFixed(1);
    return language === "vi" ? text.replace(".", ",") : text;
  };
  const percent = (value) => (value === null ? "–" : decimal(value) + "\u00a0%");
  const put = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const each = (name, act) => {
    for (const element of document.querySelectorAll(`[data-${name}]`)) act(element, element.dataset[name]);
  };

  // One message: numbers by name, and a row of numbers for each agency.
  const show = (now) => {
    if (now.sent === undefined) return;
    each("text", (element, key) => put(element, now[key]));
    each("number", (element, key) => now[key] != null && put(element, whole(now[key])));
    each("decimal", (element, key) => now[key] != null && put(element, decimal(now[key])));
    each("percent", (element, key) => now[key] !== undefined && put(element, percent(now[key])));
    each("value", (element, key) => { if (now[key] != null) element.value = now[key]; });
    each("flag", (element, key) => {
      put(element, now[key] ? element.dataset.yes : element.dataset.no);
      element.classList.toggle("good", now[key]);
      element.classList.toggle("bad", !now[key]);
    });
    each("agency", (row, index) => {
      const figures = now.agencies[index];
      for (const cell of figures ? row.querySelectorAll("[data-cell]") : []) put(cell, whole(figures[cell.dataset.cell]));
    });
    const weight = (rate) => (rate > 0 ? Math.min(7, 0.8 + 1.3 * Math.log2(1 + rate)) : 0);
    const flow = (place) => (line, index) => {
      const width = now.agencies[index] ? weight(now.agencies[index][place]) : 0;
      line.setAttribute("stroke-width", width.toFixed(1));
      line.classList.toggle("moves", width > 0);
    };
    each("up", flow(3));
    each("down", flow(4));
  };

  // Puts a part of a page again, as the server writes it. What the reader opened stays open, and the
  // keyboard's place is kept.
  const again = async (element) => {
    const answer = await fetch(element.dataset.fetch, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = element.dataset.from ? page.querySelector(element.dataset.from) : page.body;
    if (!part) return;
    const count = (selector) => element.querySelectorAll(selector).length;
    const growing = [".fly g", ".verdicts li"].map((selector) => [selector, count(selector)]);
    const held = document.activeElement && document.activeElement.id;
    const summaries = element.querySelectorAll("details > summary[id]");
    const open = [...summaries].map((summary) => [summary.id, summary.parentElement.open]);
    const step = element.querySelector("li.next, li.running");
    const stepBefore = step && step.textContent;
    element.replaceChildren(...part.childNodes);
    for (const [selector, before] of growing) {
      [...element.querySelectorAll(selector)].slice(before).forEach((added) => added.classList.add("new"));
    }
    const stepAfter = element.querySelector("li.next, li.running");
    if (stepBefore === (stepAfter && stepAfter.textContent)) {
      for (const [id, wasOpen] of open) {
        const summary = document.getElementById(id);
        if (summary) summary.parentElement.open = wasOpen;
      }
    }
    if (held && document.activeElement === document.body) {
      const place = document.getElementById(held);
      if (place) place.focus();
    }
    // A place that stays, so that a screen reader hears what changed in the part that was put again.
    each("speaks", (place, selector) => {
      const said = document.querySelector(selector);
      if (said) put(place, said.textContent.replace(/\s+/g, " ").trim());
    });
  };

  // Buttons on a board act without leaving the page.
  document.addEventListener("submit", async (event) => {
    const board = event.target.closest("#board");
    if (!board) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    try {
      const answer = await fetch(event.target.action, { method: "POST", body });
      if (answer.ok) await again(board);
      else event.target.submit();
    } catch {
      say(false);
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // A hidden page listens to nothing: browsers allow few connections to one host.
  const pulse = document.getElementById("pulse");
  const say = (on) => {
    put(pulse, on ? pulse.dataset.on : pulse.dataset.off);
    pulse.classList.toggle("on", on);
  };
  let sources = [];
  let ticks = 0;
  // A server that is slow is not asked again before it has answered.
  const asked = new WeakSet();
  const listen = () => {
    const live = new EventSource("/events");
    live.onopen = () => say(true);
    live.onerror = () => say(false);
    live.onmessage = (event) => {
      say(true);
      show(JSON.parse(event.data));
      ticks += 1;
      for (const element of document.querySelectorAll("[data-fetch]:not([data-events])")) {
        if (ticks % 3 !== 0 || asked.has(element)) continue;
        asked.add(element);
        // Where it fails, the next message but two tries again.
        again(element).catch(() => {}).finally(() => asked.delete(element));
      }
    };
    sources = [live];
    for (const element of document.querySelectorAll("[data-events]")) {
      const changes = new EventSource(element.dataset.events);
      let busy = false;
      let due = false;
      changes.onmessage = async () => {
        due = true;
        if (busy) return;
        busy = true;
        while (due) {
          due = false;
          await again(element).catch(() => say(false));
        }
        busy = false;
      };
      sources.push(changes);
    }
  };
  const stop = () => {
    for (const source of sources) source.close();
    sources = [];
  };
  const pause = document.getElementById("pause");
  let paused = false;
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    document.documentElement.classList.toggle("paused", paused);
    put(pause, paused ? pause.dataset.resume : pause.dataset.pause);
    if (!paused) return listen();
    stop();
    put(pulse, pulse.dataset.paused);
    pulse.classList.remove("on");
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (!paused && sources.length === 0) listen();
  });
  window.addEventListener("pagehide", stop);
  if (!document.hidden) listen();
})();
