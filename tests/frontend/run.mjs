// Runs the dashboard's JavaScript as the page does, as far as it needs no document. A test gives what the page knows as
// JSON to the standard input, and gets the answer as JSON from the standard output.
import { readFileSync } from "node:fs";

const [folder] = process.argv.slice(2);
const { ask, hass: known, ...given } = JSON.parse(readFileSync(0, "utf-8"));

const elements = new Map();
globalThis.window = globalThis;
globalThis.HTMLElement = class {};
globalThis.customElements = { get: (name) => elements.get(name), define: (name, kind) => elements.set(name, kind) };

const hass = {
  ...known,
  localize: () => "",
  callWS: async ({ type }) => {
    if (type !== "recorder/list_statistic_ids" || !known.statistics) {
      throw new Error("unknown_command");
    }
    return known.statistics.map((id) => ({ statistic_id: id, source: id.split(":")[0] }));
  },
};

await import(`${folder}/solar_cloud_strategy.js`);
const { cells, shortNames } = await import(`${folder}/modules_card.js`);
const { House } = await import(`${folder}/house.js`);

const answers = {
  elements: () => [[...elements.keys()], window.customStrategies, window.customCards],
  dashboard: async () => {
    const dashboard = await elements.get("ll-strategy-dashboard-solar-cloud").generate({}, hass);
    const resolve = async ({ strategy, ...view }) => ({
      ...view,
      ...(await elements.get("ll-strategy-view-solar-cloud").generate(strategy, hass)),
    });
    return Promise.all(dashboard.views.map(resolve));
  },
  view: () => elements.get("ll-strategy-view-solar-cloud").generate(given.config, hass),
  names: () => shortNames(given.names),
  cells: () => {
    const house = new House(hass);
    const inverters = house.systems.flatMap((system) => house.inverters(system));
    return cells(house, inverters, given.measure, given.grown).map(({ device, ...cell }) => cell);
  },
};
process.stdout.write(JSON.stringify(await answers[ask]()));
