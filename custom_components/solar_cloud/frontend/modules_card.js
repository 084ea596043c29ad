/* The card of the modules: a map of cells, each coloured by how much it yields beside its siblings. */

import { House, MEASURES } from "./house.js";
import { entityWord, language, word } from "./words.js";

/** Siblings that a median needs: of two nobody knows which one is at fault. */
const SIBLINGS = 3;
/** Below the first share of the median a cell is low, as in the notice about inverters; below the second it is fair. */
const LOW = 0.7;
const FAIR = 0.9;
/** Growth of a lifetime, in kWh, that some inverter has to have: less of it is rounding, and compares nothing. */
const GROWTH = 0.05;
/** Letters that a short name has at least. */
const SHORTEST = 4;
const STATISTICS_EVERY = 10 * 60 * 1000; // milliseconds

/** Return the middle one of some numbers; the mean of the two in the middle where their count is even. */
function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Return the names without the words that all of them begin with, unless little is left; long numbers by their end. */
export function shortNames(names) {
  const split = names.map((name) => name.split(" "));
  const start = (words, count) => words.slice(0, count).join(" ");
  const isShared = (count) => split.every((words) => start(words, count) === start(split[0], count));
  const isEnough = (count) => split.every((words) => words.slice(count).join(" ").length >= SHORTEST);
  let shared = 0;
  while (names.length && isShared(shared + 1) && isEnough(shared + 1)) {
    shared += 1;
  }
  const rest = split.map((words) => words.slice(shared).join(" "));
  return rest.map((name) => (/^\S{11,}$/.test(name) ? `…${name.slice(-6)}` : name));
}

/** Return the median of the cells of a model; undefined where they are too few. */
function medianOfModel(all, model) {
  const values = all.filter(({ device }) => device.model === model).map(({ value }) => value);
  const known = values.filter((value) => value !== undefined);
  return known.length < SIBLINGS ? undefined : median(known);
}

/** Return the cells of a measure: one for each inverter, with its value and its share of the median of its model. */
export function cells(house, inverters, measure, grown) {
  const all = inverters.map((device) => {
    const lifetime = house.entity(device.id, "energy_lifetime");
    const own = house.entity(device.id, measure);
    const entity = own ?? (measure === "energy_today" && lifetime in grown ? lifetime : undefined);
    const value = own ? Number.parseFloat(house.hass.states[own].state) : grown[entity];
    const unit = own ? house.hass.states[own].attributes.unit_of_measurement : "kWh";
    return { device, entity, unit, value: Number.isFinite(value) ? value : undefined };
  });
  for (const cell of all) {
    const middle = measure === "relative_yield" ? 100 : medianOfModel(all, cell.device.model);
    cell.share = cell.value !== undefined && middle > 0 ? cell.value / middle : undefined;
  }
  return all;
}

/** Return the class that colours a cell by its share; none where nothing is known. */
function level(share) {
  if (share === undefined) {
    return "";
  }
  return share < LOW ? "low" : share < FAIR ? "fair" : "good";
}

const STYLE = `
  .head { display: flex; flex-wrap: wrap; gap: 8px; padding: 12px 12px 0; }
  button { font: inherit; color: var(--primary-text-color); border: none; cursor: pointer; }
  button:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; }
  .head button { padding: 6px 12px; border-radius: 16px; background: var(--secondary-background-color); }
  .head button[aria-pressed="true"] { background: var(--primary-color); color: var(--text-primary-color); }
  .map { display: grid; gap: 6px; padding: 12px; grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); }
  .map button {
    --level: var(--disabled-text-color, #9e9e9e);
    display: flex; flex-direction: column; align-items: flex-start; gap: 2px; min-width: 0; padding: 8px;
    text-align: start; border-radius: 8px; border-inline-start: 5px solid var(--level);
    background: color-mix(in srgb, var(--level) 22%, var(--card-background-color));
  }
  .map .good { --level: var(--success-color, #43a047); }
  .map .fair { --level: var(--warning-color, #ffa600); }
  .map .low { --level: var(--error-color, #db4437); }
  .map span { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .name, .share { font-size: 12px; opacity: 0.85; }
  .value { font-weight: 500; }
  p { margin: 0; padding: 0 12px 12px; font-size: 12px; color: var(--secondary-text-color); }
`;

/** Return a new element with a class and a text: never with markup, as names come from owners and clouds. */
function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** The card of the modules of one system; `system` is the id of its device. */
export class ModulesCard extends HTMLElement {
  static getStubConfig(hass) {
    const house = new House(hass);
    return { system: (house.systems.find((system) => house.hasModules(system)) ?? house.systems[0])?.id ?? "" };
  }

  setConfig(config) {
    if (typeof config.system !== "string") {
      throw new Error("system: the id of a system's device is missing");
    }
    this._config = config;
    this._house = undefined;
    this._grown = {};
    this._asked = undefined;
    this._shown = undefined;
  }

  set hass(hass) {
    const before = this._hass;
    this._hass = hass;
    if (before && this._house && !this._isNews(before)) {
      return;
    }
    this._house = new House(hass);
    const system = hass.devices[this._config.system];
    this._inverters = system ? this._house.inverters(system) : [];
    this._askStatistics();
    this._render();
  }

  getCardSize() {
    return 6;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  /** Whether anything of Solar Cloud is another than before: the page says whenever any state has changed. */
  _isNews(before) {
    const hass = this._hass;
    const changed = (name) => before[name] !== hass[name];
    if (["entities", "devices", "locale", "localize"].some(changed)) {
      return true;
    }
    return this._house.registered.some((id) => before.states[id] !== hass.states[id]);
  }

  /** Ask what lifetimes have grown by today: all that clouds without an energy of the day say of it. */
  async _askStatistics() {
    const asked = this._inverters
      .filter(({ id }) => !this._house.entity(id, "energy_today"))
      .map(({ id }) => this._house.entity(id, "energy_lifetime"))
      .filter(Boolean);
    if (!asked.length || Date.now() - (this._asked ?? 0) < STATISTICS_EVERY) {
      return;
    }
    this._asked = Date.now();
    const yesterday = new Date(this._asked - 24 * 60 * 60 * 1000).toISOString();
    try {
      const rows = await this._hass.callWS({
        type: "recorder/statistics_during_period",
        start_time: yesterday,
        statistic_ids: asked,
        period: "day",
        types: ["change"],
        units: { energy: "kWh" },
      });
      const changes = Object.entries(rows).map(([id, days]) => [id, days.find(({ end }) => end > this._asked)?.change]);
      const known = changes.filter(([, change]) => Number.isFinite(change));
      this._grown = known.some(([, change]) => change >= GROWTH) ? Object.fromEntries(known) : {};
      this._render();
    } catch {
      this._grown = {}; // without a recorder, the other measures are there
    }
  }

  _render() {
    const measures = MEASURES.map((key) => [key, cells(this._house, this._inverters, key, this._grown)]).filter(
      ([, all]) => all.some(({ value }) => value !== undefined),
    );
    const speaking = measures.find(([, all]) => all.some(({ value }) => value > 0)) ?? measures[0];
    const [chosen, shown] = measures.find(([key]) => key === this._chosen) ?? speaking ?? ["", []];
    const names = shown.map(({ device }) => this._house.name(device));
    const facts = measures.map(([key, all]) => [key, all.map(({ entity, value, share }) => [entity, value, share])]);
    const seen = JSON.stringify([language(this._hass), names, chosen, facts]);
    if (seen === this._shown) {
      return;
    }
    this._shown = seen;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const card = document.createElement("ha-card");
    card.append(this._choice(measures, chosen), this._map(shown, names));
    if (shown.some(({ share }) => share !== undefined)) {
      card.append(element("p", "", word(this._hass, "share")));
    }
    root.replaceChildren(element("style", "", STYLE), card);
  }

  /** Return the buttons that choose what is compared. */
  _choice(measures, chosen) {
    const head = element("div", "head", "");
    for (const [key] of measures) {
      const button = element("button", "", entityWord(this._hass, key));
      button.setAttribute("aria-pressed", String(key === chosen));
      button.addEventListener("click", () => {
        this._chosen = key;
        this._render();
        this.shadowRoot.querySelector('[aria-pressed="true"]').focus(); // the button that was clicked is a new one now
      });
      head.append(button);
    }
    return head;
  }

  /** Return the cells; a click opens the entity. */
  _map(shown, names) {
    const map = element("div", "map", "");
    const short = shortNames(names);
    shown.forEach((cell, index) => {
      const value = cell.value === undefined ? "–" : `${this._number(cell.value)} ${cell.unit ?? ""}`.trim();
      const share = cell.share === undefined || cell.unit === "%" ? "" : `${Math.round(cell.share * 100)} %`;
      const button = element("button", level(cell.share), "");
      button.title = names[index];
      button.setAttribute("aria-label", [names[index], value, share].filter(Boolean).join(", "));
      const texts = { name: short[index], value, share };
      button.append(...Object.entries(texts).map(([className, text]) => element("span", className, text)));
      button.disabled = !cell.entity;
      button.addEventListener("click", () =>
        this.dispatchEvent(
          new CustomEvent("hass-more-info", { detail: { entityId: cell.entity }, bubbles: true, composed: true }),
        ),
      );
      map.append(button);
    });
    return map;
  }

  _number(value) {
    const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
    return new Intl.NumberFormat(language(this._hass), { maximumFractionDigits: digits }).format(value);
  }
}
