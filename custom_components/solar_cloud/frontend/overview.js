/* The overview: what each system does now, has done today, and in the months before. */

import { DOMAIN } from "./house.js";
import { coreWord, word } from "./words.js";

/** What is shown of a system: translation key → the colour of its tile, and a word in place of a long name. */
const STATE_TILES = { status: ["primary"], up_to_date: ["primary"] };
const POWER_TILES = {
  power: ["amber", "production"],
  consumption_power: ["blue", "consumption"],
  grid_power: ["deep-purple", "grid"],
  battery_power: ["teal", "battery"],
  battery_level: ["teal"],
};
const ENERGY_TILES = {
  energy_today: ["amber", "production"],
  consumption_today: ["blue", "consumption"],
  grid_import_today: ["deep-purple", "grid_import"],
  grid_export_today: ["purple", "grid_export"],
  battery_charge_today: ["teal", "charged"],
  battery_discharge_today: ["cyan", "discharged"],
  self_sufficiency_today: ["green", "self_sufficiency"],
  self_consumption_rate_today: ["light-green", "self_consumption"],
};
const SOURCE_TILES = { measured_at: ["grey"] };
const ACCOUNT_TILES = { requests_left: ["grey"] };
/** What is shown only while something is wrong. */
const TROUBLE = { problem: { state: "on" }, open_alerts: { above: 0 } };
const POWERS = ["power", "consumption_power", "grid_power", "battery_power"];
/** Tiles in per cent: they have a bar, and the whole width for it. */
const PERCENTAGES = ["battery_level", "self_sufficiency_today", "self_consumption_rate_today"];
/** The statistics of the months: what each id ends in, which is also the word for it. */
const STATISTICS = ["production", "consumption", "grid_import", "grid_export"];
const FULL_WIDTH = { grid_options: { columns: 12 } };
const BAR = { features: [{ type: "bar-gauge", min: 0, max: 100 }], features_position: "inline", ...FULL_WIDTH };

/** Return the tiles of a device's entities that are there. */
function tiles(house, deviceId, table) {
  return Object.entries(table)
    .filter(([key]) => house.entity(deviceId, key))
    .map(([key, [color, short]]) => ({
      type: "tile",
      entity: house.entity(deviceId, key),
      name: short ? word(house.hass, short) : { type: "entity" },
      color,
      ...(PERCENTAGES.includes(key) && BAR),
    }));
}

/** Have tiles stand two beside each other: where their number is odd, the first takes a row. */
function paired(all) {
  const halves = all.filter((tile) => !tile.grid_options);
  return all.map((tile) => (halves.length % 2 && tile === halves[0] ? { ...tile, ...FULL_WIDTH } : tile));
}

/** Return the tiles of what is wrong with a system; each is visible while it is. */
function trouble(house, system) {
  return Object.entries(TROUBLE)
    .map(([key, limit]) => [house.entity(system.id, key), limit])
    .filter(([entity]) => entity)
    .map(([entity, limit]) => ({
      type: "tile",
      entity,
      name: { type: "entity" },
      color: "red",
      visibility: [{ condition: "state" in limit ? "state" : "numeric_state", entity, ...limit }],
      ...FULL_WIDTH,
    }));
}

/** Return a heading; its style is `title` or `subtitle`. */
export const heading = (text, icon, style = "subtitle") => {
  return { type: "heading", heading: text, icon, heading_style: style };
};

/** Return cards below their heading, or nothing where there are none. */
const headed = (head, cards) => (cards.length ? [head, ...cards] : []);

/** Return the state and the powers of a system, and their graph of the last day. */
function nowCards(house, system) {
  const entities = POWERS.map((key) => ({
    entity: house.entity(system.id, key),
    name: word(house.hass, POWER_TILES[key][1]),
  }));
  const graph = { type: "history-graph", hours_to_show: 24, entities: entities.filter(({ entity }) => entity) };
  return headed(heading(house.name(system), "mdi:solar-power-variant", "title"), [
    ...trouble(house, system),
    ...paired(tiles(house, system.id, STATE_TILES)),
    ...paired(tiles(house, system.id, POWER_TILES)),
    ...(graph.entities.length ? [graph] : []),
  ]);
}

/** Return the energies of the day, and where they come from. */
function todayCards(house, system) {
  const today = coreWord(house.hass, "ui.components.calendar.today", "Today");
  return headed(heading(today, "mdi:calendar-today"), [
    ...paired(tiles(house, system.id, ENERGY_TILES)),
    ...paired([...tiles(house, system.id, SOURCE_TILES), ...tiles(house, system.via_device_id, ACCOUNT_TILES)]),
  ]);
}

/** Return the graph of the months, of those statistics of the system that are there. */
function monthCards(house, system, statistics) {
  const prefix = `${DOMAIN}:${house.identifier(system).toLowerCase().replace(/[^a-z0-9]/g, "_")}_`;
  const entities = STATISTICS.filter((flow) => statistics.has(prefix + flow)).map((flow) => ({
    entity: prefix + flow,
    name: word(house.hass, flow),
  }));
  const graph = {
    type: "statistics-graph",
    chart_type: "bar",
    period: "month",
    days_to_show: 365,
    stat_types: ["change"],
    entities,
  };
  return headed(heading(word(house.hass, "months"), "mdi:chart-bar"), entities.length ? [graph] : []);
}

/** Return the ids of Solar Cloud's own statistics; none without a recorder. */
async function ownStatistics(hass) {
  try {
    const all = await hass.callWS({ type: "recorder/list_statistic_ids", statistic_type: "sum" });
    return new Set(all.filter(({ source }) => source === DOMAIN).map((one) => one.statistic_id));
  } catch {
    return new Set();
  }
}

/** Return the overview: a section for each system, or three of the only one, which has the whole width. */
export async function overview(house, systems) {
  const statistics = await ownStatistics(house.hass);
  const groups = systems.map((system) =>
    [nowCards(house, system), todayCards(house, system), monthCards(house, system, statistics)].filter(
      (cards) => cards.length,
    ),
  );
  const sections = groups.length === 1 ? groups[0] : groups.map((cards) => cards.flat());
  return { type: "sections", max_columns: 4, sections: sections.map((cards) => ({ type: "grid", cards })) };
}
