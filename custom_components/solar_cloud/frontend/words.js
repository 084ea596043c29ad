/* The words of the dashboard, in the language of the page. */

/** The words that Home Assistant has not got. JSON, as a test reads them. */
const WORDS = {
  "en": {
    "modules": "Modules",
    "months": "Month by month",
    "empty": "Solar Cloud has no system here yet.",
    "share": "Per cent of the median of the same model",
    "production": "Production",
    "consumption": "Consumption",
    "grid": "Grid",
    "battery": "Battery",
    "grid_import": "Grid import",
    "grid_export": "Grid export",
    "charged": "Charged",
    "discharged": "Discharged",
    "self_sufficiency": "Self-sufficiency",
    "self_consumption": "Self-consumption",
    "about_dashboard": "Your solar systems: powers, energies, months and modules.",
    "about_card": "A map of the inverters of a system, coloured by their yield."
  },
  "de": {
    "modules": "Module",
    "months": "Monat für Monat",
    "empty": "Solar Cloud hat hier noch keine Anlage.",
    "share": "Prozent des Medians desselben Modells",
    "production": "Erzeugung",
    "consumption": "Verbrauch",
    "grid": "Netz",
    "battery": "Batterie",
    "grid_import": "Netzbezug",
    "grid_export": "Netzeinspeisung",
    "charged": "Geladen",
    "discharged": "Entladen",
    "self_sufficiency": "Autarkiegrad",
    "self_consumption": "Eigenverbrauch",
    "about_dashboard": "Ihre Solaranlagen: Leistungen, Energien, Monate und Module.",
    "about_card": "Eine Karte der Wechselrichter einer Anlage, gefärbt nach ihrem Ertrag."
  },
  "nl": {
    "modules": "Panelen",
    "months": "Maand voor maand",
    "empty": "Solar Cloud heeft hier nog geen installatie.",
    "share": "Procent van de mediaan van hetzelfde model",
    "production": "Productie",
    "consumption": "Verbruik",
    "grid": "Net",
    "battery": "Batterij",
    "grid_import": "Netafname",
    "grid_export": "Teruglevering",
    "charged": "Geladen",
    "discharged": "Ontladen",
    "self_sufficiency": "Zelfvoorziening",
    "self_consumption": "Eigen verbruik",
    "about_dashboard": "Uw zonnesystemen: vermogens, energie, maanden en panelen.",
    "about_card": "Een kaart van de omvormers van een installatie, gekleurd naar hun opbrengst."
  },
  "fr": {
    "modules": "Modules",
    "months": "Mois par mois",
    "empty": "Solar Cloud n’a pas encore d’installation ici.",
    "share": "Pourcentage de la médiane du même modèle",
    "production": "Production",
    "consumption": "Consommation",
    "grid": "Réseau",
    "battery": "Batterie",
    "grid_import": "Importation",
    "grid_export": "Exportation",
    "charged": "Charge",
    "discharged": "Décharge",
    "self_sufficiency": "Autosuffisance",
    "self_consumption": "Autoconsommation",
    "about_dashboard": "Vos installations solaires : puissances, énergies, mois et modules.",
    "about_card": "Une carte des onduleurs d’une installation, colorée selon leur rendement."
  },
  "es": {
    "modules": "Módulos",
    "months": "Mes a mes",
    "empty": "Solar Cloud aún no tiene ninguna instalación aquí.",
    "share": "Porcentaje de la mediana del mismo modelo",
    "production": "Producción",
    "consumption": "Consumo",
    "grid": "Red",
    "battery": "Batería",
    "grid_import": "Importación",
    "grid_export": "Exportación",
    "charged": "Cargado",
    "discharged": "Descargado",
    "self_sufficiency": "Autosuficiencia",
    "self_consumption": "Autoconsumo",
    "about_dashboard": "Sus instalaciones solares: potencias, energías, meses y módulos.",
    "about_card": "Un mapa de los inversores de una instalación, coloreado según su rendimiento."
  },
  "it": {
    "modules": "Moduli",
    "months": "Mese per mese",
    "empty": "Solar Cloud non ha ancora nessun impianto qui.",
    "share": "Percentuale della mediana dello stesso modello",
    "production": "Produzione",
    "consumption": "Consumo",
    "grid": "Rete",
    "battery": "Batteria",
    "grid_import": "Prelievo",
    "grid_export": "Immissione",
    "charged": "Caricata",
    "discharged": "Scaricata",
    "self_sufficiency": "Autosufficienza",
    "self_consumption": "Autoconsumo",
    "about_dashboard": "I tuoi impianti solari: potenze, energie, mesi e moduli.",
    "about_card": "Una mappa degli inverter di un impianto, colorata in base alla loro resa."
  },
  "pl": {
    "modules": "Moduły",
    "months": "Miesiąc po miesiącu",
    "empty": "Solar Cloud nie ma tu jeszcze żadnej instalacji.",
    "share": "Procent mediany tego samego modelu",
    "production": "Produkcja",
    "consumption": "Zużycie",
    "grid": "Sieć",
    "battery": "Magazyn",
    "grid_import": "Pobór z sieci",
    "grid_export": "Oddanie",
    "charged": "Naładowano",
    "discharged": "Rozładowano",
    "self_sufficiency": "Samowystarczalność",
    "self_consumption": "Autokonsumpcja",
    "about_dashboard": "Twoje instalacje fotowoltaiczne: moc, energia, miesiące i moduły.",
    "about_card": "Mapa falowników instalacji, pokolorowana według ich uzysku."
  },
  "sv": {
    "modules": "Moduler",
    "months": "Månad för månad",
    "empty": "Solar Cloud har ingen anläggning här ännu.",
    "share": "Procent av medianen för samma modell",
    "production": "Produktion",
    "consumption": "Förbrukning",
    "grid": "Nät",
    "battery": "Batteri",
    "grid_import": "Import",
    "grid_export": "Export",
    "charged": "Laddat",
    "discharged": "Urladdat",
    "self_sufficiency": "Självförsörjning",
    "self_consumption": "Egenförbrukning",
    "about_dashboard": "Dina solanläggningar: effekter, energier, månader och moduler.",
    "about_card": "En karta över en anläggnings växelriktare, färgad efter deras utbyte."
  },
  "pt": {
    "modules": "Módulos",
    "months": "Mês a mês",
    "empty": "O Solar Cloud ainda não tem nenhuma instalação aqui.",
    "share": "Percentagem da mediana do mesmo modelo",
    "production": "Produção",
    "consumption": "Consumo",
    "grid": "Rede",
    "battery": "Bateria",
    "grid_import": "Importação",
    "grid_export": "Exportação",
    "charged": "Carregado",
    "discharged": "Descarregado",
    "self_sufficiency": "Autossuficiência",
    "self_consumption": "Autoconsumo",
    "about_dashboard": "As suas instalações solares: potências, energias, meses e módulos.",
    "about_card": "Um mapa dos inversores de uma instalação, colorido segundo o seu rendimento."
  }
};

/** Return the language of the page, such as `pt-BR`. */
export const language = (hass) => hass.locale?.language ?? hass.language ?? "en";

/** Return a word of the table above in the language of the page; English where it is not among the nine. */
export const word = (hass, key) => (WORDS[language(hass).split("-")[0]] ?? WORDS.en)[key];

/** Return a word that Home Assistant's own page has. */
export const coreWord = (hass, key, fallback) => hass.localize(key) || fallback;

/** Return the name of a kind of entity, as the integration's texts have it. */
export const entityWord = (hass, key) => hass.localize(`component.solar_cloud.entity.sensor.${key}.name`) || key;

/** Return a word in the language of the page, where there is no `hass` to ask. */
export const pageWord = (key) => word({ language: globalThis.document?.documentElement.lang || "en" }, key);
