/* What is set up of Solar Cloud: its systems and inverters, and their entities. */

export const DOMAIN = "solar_cloud";

/** What inverters are compared by; the first that says something is shown until the owner chooses another. */
export const MEASURES = ["energy_today", "relative_yield", "power", "energy_lifetime"];

/**
 * Solar Cloud's devices and entities, as the registries of the page have them.
 *
 * Entities are found by their translation key and their device. Nothing is read from an entity id, which owners may
 * change. What is disabled, hidden or not there is left out.
 */
export class House {
  constructor(hass) {
    this.hass = hass;
    this._keys = new Map(); // device id → { translation key: entity id }
    const own = Object.values(hass.entities).filter(({ platform }) => platform === DOMAIN);
    this.registered = own.map(({ entity_id: id }) => id); // with those that are left out
    for (const entity of own) {
      if (entity.translation_key && !entity.hidden && hass.states[entity.entity_id]) {
        const keys = this._keys.get(entity.device_id) ?? {};
        keys[entity.translation_key] = entity.entity_id;
        this._keys.set(entity.device_id, keys);
      }
    }
  }

  /** All systems that have entities, by name. A system is a service that hangs on its account. */
  get systems() {
    return [...this._keys.keys()]
      .map((id) => this.hass.devices[id])
      .filter((device) => device && device.entry_type === "service" && device.via_device_id)
      .sort((one, other) => this.name(one).localeCompare(this.name(other)));
  }

  /** The inverters of a system, by name: hardware below it that has what only inverters have. */
  inverters(system) {
    return [...this._keys.keys()]
      .map((id) => this.hass.devices[id])
      .filter((device) => device && device.entry_type !== "service" && this._systemOf(device) === system)
      .filter((device) => MEASURES.some((key) => this.entity(device.id, key)))
      .sort((one, other) => this.name(one).localeCompare(this.name(other), undefined, { numeric: true }));
  }

  /** Whether a system has inverters to compare: a map of one says nothing. */
  hasModules(system) {
    return this.inverters(system).length > 1;
  }

  /** The entity of a device with a translation key, if there is one. */
  entity(deviceId, key) {
    return this._keys.get(deviceId)?.[key];
  }

  /** What a device is called, by its owner first. */
  name(device) {
    return device.name_by_user || device.name || "";
  }

  /** What the vendor's cloud calls a device: `enphase_67`. */
  identifier(device) {
    return device.identifiers.find(([domain]) => domain === DOMAIN)?.[1] ?? device.id;
  }

  /** The system that hardware belongs to, at the end of what it hangs on. */
  _systemOf(device) {
    const passed = new Set();
    for (let at = device; at && !passed.has(at); at = this.hass.devices[at.via_device_id]) {
      if (at.entry_type === "service") {
        return at;
      }
      passed.add(at);
    }
    return undefined;
  }
}
