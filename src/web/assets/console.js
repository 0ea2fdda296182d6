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
    each("up", flow(4));
    each("down", flow(5));
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
    const open = [...element.querySelectorAll("details")].map((details) => details.open);
    const same = part.querySelectorAll("details").length === open.length;
    const step = element.querySelector("li.next, li.running");
    const stepBefore = step && step.textContent;
    element.replaceChildren(...part.childNodes);
    for (const [selector, before] of growing) {
      [...element.querySelectorAll(selector)].slice(before).forEach((added) => added.classList.add("new"));
    }
    const stepAfter = element.querySelector("li.next, li.running");
    if (same && stepBefore === (stepAfter && stepAfter.textContent)) {
      element.querySelectorAll("details").forEach((details, index) => { details.open = open[index]; });
    }
    if (held && document.activeElement === document.body) {
      const place = document.getElementById(held);
      if (place) place.focus();
    }
  };

  // Buttons on a board act without leaving the page.
  document.addEventListener("submit", async (event) => {
    const board = event.target.closest("#board");
    if (!board) return;
    event.preventDefault();
    const answer = await fetch(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
    if (answer.ok) await again(board);
    else event.target.submit();
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
  const listen = () => {
    const live = new EventSource("/events");
    live.onopen = () => say(true);
    live.onerror = () => say(false);
    live.onmessage = (event) => {
      show(JSON.parse(event.data));
      ticks += 1;
      for (const element of document.querySelectorAll("[data-fetch]:not([data-events])")) {
        if (ticks % 3 === 0) again(element).catch(() => say(false));
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
      changes.onerror = () => { if (changes.readyState === EventSource.CLOSED) changes.close(); };
      sources.push(changes);
    }
  };
  const stop = () => {
    for (const source of sources) source.close();
    sources = [];
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (sources.length === 0) listen();
  });
  window.addEventListener("pagehide", stop);
  if (!document.hidden) listen();
})();
