/*
 * The dashboard of Solar Cloud: it builds itself from what is set up, with `strategy: {type: custom:solar-cloud}`.
 *
 * Home Assistant's page loads this module, and finds three custom elements by their names:
 *   - the strategy of a dashboard: an overview, and a view "Modules" for each system with inverters;
 *   - the strategy of a view: one of these views alone, for a dashboard of the owner's own;
 *   - the card of the modules, which the second kind of view consists of.
 */

import { House } from "./house.js";
import { ModulesCard } from "./modules_card.js";
import { heading, overview } from "./overview.js";
import { coreWord, pageWord, word } from "./words.js";

const STRATEGY = "solar-cloud";
const MODULES_CARD = "solar-cloud-modules";
const DOCUMENTATION = "https://github.com/solar-cloud/solar_cloud/blob/main/docs/dashboard.md";

/** Return the maps of the modules: a section for each system that has some. */
function modules(house, systems) {
  const sections = systems
    .filter((system) => house.hasModules(system))
    .map((system) => ({
      type: "grid",
      column_span: 4,
      cards: [
        heading(house.name(system), "mdi:solar-panel-large", "title"),
        { type: `custom:${MODULES_CARD}`, system: system.id, grid_options: { columns: "full" } },
      ],
    }));
  return { type: "sections", max_columns: 4, sections };
}

/** The strategy of a view: `show` is `overview` or `modules`, `system` the id of a device; without it, all systems. */
class ViewStrategy extends HTMLElement {
  static registryDependencies = ["entities", "devices"];

  static async generate(config, hass) {
    const house = new House(hass);
    const systems = house.systems.filter((system) => !config.system || system.id === config.system);
    const view = config.show === "modules" ? modules(house, systems) : await overview(house, systems);
    return view.sections.length ? view : { cards: [{ type: "markdown", content: word(hass, "empty") }] };
  }
}

/** The strategy of a dashboard: the overview of all systems, and a view for the modules of each. */
class DashboardStrategy extends HTMLElement {
  static registryDependencies = ["entities", "devices"];

  static async generate(_config, hass) {
    const house = new House(hass);
    const systems = house.systems.filter((system) => house.hasModules(system));
    const title = word(hass, "modules");
    const view = (name, path, options) => ({
      title: name,
      path,
      strategy: { type: `custom:${STRATEGY}`, ...options },
    });
    return {
      title: "Solar Cloud",
      views: [
        view(coreWord(hass, "panel.states", "Overview"), "overview", { show: "overview" }),
        ...systems.map((system) =>
          view(
            systems.length > 1 ? `${title} · ${house.name(system)}` : title,
            `modules-${house.identifier(system)}`,
            { show: "modules", system: system.id },
          ),
        ),
      ],
    };
  }
}

/** Make an element known, once: after an update the page may hold the module of the version before. */
function define(name, kind) {
  if (!customElements.get(name)) {
    customElements.define(name, kind);
  }
}

/** Have the page offer something in its dialogs, once. */
function offer(list, entry) {
  window[list] = window[list] ?? [];
  if (!window[list].some(({ type }) => type === entry.type)) {
    window[list].push(entry);
  }
}

define(`ll-strategy-dashboard-${STRATEGY}`, DashboardStrategy);
define(`ll-strategy-view-${STRATEGY}`, ViewStrategy);
define(MODULES_CARD, ModulesCard);

offer("customStrategies", {
  type: STRATEGY,
  strategyType: "dashboard",
  name: "Solar Cloud",
  get description() {
    return pageWord("about_dashboard");
  },
  documentationURL: DOCUMENTATION,
});
offer("customCards", {
  type: MODULES_CARD,
  name: "Solar Cloud modules",
  get description() {
    return pageWord("about_card");
  },
  documentationURL: DOCUMENTATION,
});
