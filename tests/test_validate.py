"""Each rule of scripts/validate.py lets a good project pass and finds what it is there for."""

from collections.abc import Callable
import json
from pathlib import Path
import sys
from typing import Any

from PIL import Image
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from validator import RULES, Project, findings
from validator.quality import RULE_NAMES

CONFIG_FLOW = """
import voluptuous as vol
from homeassistant.const import CONF_API_KEY

CONF_PLAN = "plan"


class SolarFlow(ConfigFlow, domain="solar_cloud"):
    async def async_step_user(self, user_input=None):
        return self.async_show_menu(step_id="user", menu_options=["account"])

    async def async_step_account(self, user_input=None):
        errors = {}
        if user_input:
            self._abort_if_unique_id_configured()
            errors["base"] = "invalid_auth"
            if self.other:
                return self.async_abort(reason="wrong_account")
        schema = vol.Schema(
            {
                vol.Required(CONF_API_KEY): str,
                vol.Required("advanced"): section(
                    vol.Schema(
                        {vol.Optional(CONF_PLAN): SelectSelector(SelectSelectorConfig(translation_key="plan"))}
                    )
                ),
            }
        )
        return self.async_show_form(step_id="account", errors=errors, description_placeholders={"portal": "x"})


class SystemFlow(ConfigSubentryFlow):
    async def async_step_user(self, user_input=None):
        return self.async_abort(reason="entry_not_loaded")
"""

SENSOR = """
SENSORS = (
    SolarSensorDescription(key="power", translation_key="power"),
    SolarSensorDescription(key="status", translation_key="status"),
)
"""

INIT = """
from homeassistant.components.recorder import get_instance
from homeassistant.components.sensor import SensorEntity

DOMAIN = "solar_cloud"

def fail(name):
    hass.services.async_register(DOMAIN, "refresh", handle)
    ir.async_create_issue(hass, DOMAIN, "gone", translation_key="system_gone", translation_placeholders={"name": name})
    raise HomeAssistantError(
        translation_domain=DOMAIN, translation_key="rate_limited", translation_placeholders={"name": name}
    )
"""

MANIFEST = {
    "domain": "solar_cloud",
    "name": "Solar Cloud",
    "codeowners": ["@somebody"],
    "config_flow": True,
    "dependencies": ["recorder"],
    "documentation": "https://example.com/solar",
    "integration_type": "hub",
    "iot_class": "cloud_polling",
    "issue_tracker": "https://example.com/issues",
    "quality_scale": "bronze",
    "requirements": [],
    "version": "0.1.0",
}

TRANSLATIONS = {
    "config": {
        "step": {
            "user": {"title": "Which cloud?", "menu_options": {"account": "An account"}},
            "account": {
                "description": "The key is found at {portal}.",
                "data": {"api_key": "API key"},
                "data_description": {"api_key": "Of the application."},
                "sections": {
                    "advanced": {
                        "name": "Advanced",
                        "data": {"plan": "Plan"},
                        "data_description": {"plan": "What you pay for."},
                    }
                },
            },
        },
        "error": {"invalid_auth": "The key is refused."},
        "abort": {"already_configured": "Known already.", "wrong_account": "Somebody else's."},
    },
    "config_subentries": {
        "system": {
            "entry_type": "System",
            "initiate_flow": {"user": "Add a system"},
            "step": {"user": {"title": "Which system?"}},
            "abort": {"entry_not_loaded": "The account is not loaded."},
        }
    },
    "selector": {"plan": {"options": {"free": "Free"}}},
    "entity": {"sensor": {"power": {"name": "Power"}, "status": {"name": "Status", "state": {"normal": "Normal"}}}},
    "exceptions": {"rate_limited": {"message": "{name} has to wait."}},
    "issues": {"system_gone": {"title": "{name} is gone", "description": "Remove {name}."}},
    "services": {
        "refresh": {
            "name": "Refresh",
            "description": "Reads now.",
            "fields": {"system": {"name": "System", "description": "Which one."}},
        }
    },
}

ICONS = {
    "entity": {"sensor": {"status": {"default": "mdi:check", "state": {"normal": "mdi:check-circle"}}}},
    "services": {"refresh": {"service": "mdi:refresh"}},
}
SERVICES = {"refresh": {"fields": {"system": {"selector": {"text": None}}}}}
HACS = {"name": "Solar Cloud", "homeassistant": "2026.10.0", "zip_release": True, "filename": "solar_cloud.zip"}


class Repository:
    """A small repository that no rule complains about, to be spoilt in one place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.integration = root / "custom_components" / "solar_cloud"
        for name in ("README.md", "LICENSE", "info.md"):
            self.write(name, "text")
        self.json("hacs.json", HACS)
        self.code("__init__.py", INIT)
        self.code("config_flow.py", CONFIG_FLOW)
        self.code("sensor.py", SENSOR)
        self.json("manifest.json", MANIFEST, inside=True)
        self.json("translations/en.json", TRANSLATIONS, inside=True)
        self.json("icons.json", ICONS, inside=True)
        self.yaml("services.yaml", SERVICES)
        self.yaml("quality_scale.yaml", {"rules": dict.fromkeys(RULE_NAMES, "done")})
        self.image("icon.png", (256, 256))

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def code(self, name: str, text: str) -> None:
        self.write(f"custom_components/solar_cloud/{name}", text)

    def json(self, name: str, content: Any, *, inside: bool = False) -> None:
        self.write(f"custom_components/solar_cloud/{name}" if inside else name, json.dumps(content))

    def yaml(self, name: str, content: Any) -> None:
        self.code(name, yaml.safe_dump(content))

    def image(self, name: str, size: tuple[int, int], *, margin: int = 0) -> None:
        path = self.integration / "brand" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGBA", size, (0, 0, 0, 0))
        inner = Image.new("RGBA", (size[0] - 2 * margin, size[1] - 2 * margin), (255, 0, 0, 255))
        inner.putpixel((inner.width // 2, inner.height // 2), (0, 0, 0, 0))
        image.paste(inner, (margin, margin))
        image.save(path)

    def change(self, name: str, path: str, value: Any) -> None:
        """Set one value in a JSON file; None removes it."""
        file = self.root / name if name == "hacs.json" else self.integration / name
        content = node = json.loads(file.read_text("utf-8"))
        *parents, last = path.split(".")
        for key in parents:
            node = node.setdefault(key, {})
        if value is None:
            del node[last]
        else:
            node[last] = value
        file.write_text(json.dumps(content), "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a good repository."""
    return Repository(tmp_path)


def test_a_good_repository_has_no_findings(repository: Repository) -> None:
    assert [str(finding) for finding in findings(Project(repository.root))] == []


def manifest(path: str, value: Any) -> Callable[[Repository], None]:
    return lambda repository: repository.change("manifest.json", path, value)


def hacs(path: str, value: Any) -> Callable[[Repository], None]:
    return lambda repository: repository.change("hacs.json", path, value)


def text(path: str, value: Any) -> Callable[[Repository], None]:
    return lambda repository: repository.change("translations/en.json", path, value)


def icon(path: str, value: Any) -> Callable[[Repository], None]:
    return lambda repository: repository.change("icons.json", path, value)


def quality(**rules: Any) -> Callable[[Repository], None]:
    answers = {name.replace("_", "-"): value for name, value in rules.items()}
    return lambda repository: repository.yaml(
        "quality_scale.yaml", {"rules": {**dict.fromkeys(RULE_NAMES, "done"), **answers}}
    )


def code(name: str, content: str) -> Callable[[Repository], None]:
    return lambda repository: repository.code(name, content)


def added(name: str, before: str, more: str) -> Callable[[Repository], None]:
    return lambda repository: repository.code(name, before + more)


def services(content: Any) -> Callable[[Repository], None]:
    return lambda repository: repository.yaml("services.yaml", content)


def image(name: str, width: int, height: int, margin: int = 0) -> Callable[[Repository], None]:
    return lambda repository: repository.image(name, (width, height), margin=margin)


def opaque(repository: Repository) -> None:
    Image.new("RGB", (256, 256)).save(repository.integration / "brand" / "icon.png")


def jpeg(repository: Repository) -> None:
    Image.new("RGB", (256, 256)).save(repository.integration / "brand" / "icon.png", format="JPEG")


def second_integration(repository: Repository) -> None:
    repository.write("custom_components/other/__init__.py", "")


REORDERED = {"name": MANIFEST["name"], **MANIFEST}
BAD = [
    ("required_files_exist", lambda repository: (repository.root / "LICENSE").unlink(), "LICENSE is missing"),
    (
        "required_files_exist",
        lambda repository: (repository.integration / "icons.json").unlink(),
        "custom_components/solar_cloud/icons.json is missing",
    ),
    ("one_integration_only", second_integration, "other, solar_cloud"),
    ("no_strings_json", code("strings.json", "{}"), "translations/en.json"),
    ("json_files_parse", code("icons.json", "{,}"), "icons.json"),
    ("json_files_parse", code("icons.json", '{"entity": {}, "entity": {}}'), "'entity' appears twice"),
    ("yaml_files_parse", code("services.yaml", "a: [b"), "services.yaml"),
    ("required_manifest_keys", manifest("issue_tracker", None), "issue_tracker is missing"),
    ("known_manifest_keys", manifest("homeassistant", "2026.10.0"), "unknown key homeassistant"),
    (
        "sorted_manifest_keys",
        lambda repository: repository.json("manifest.json", REORDERED, inside=True),
        "domain, name, codeowners",
    ),
    ("manifest_domain", manifest("domain", "other"), "differs from the folder"),
    ("manifest_domain", manifest("domain", "Solar-Cloud"), "small letters"),
    ("manifest_version", manifest("version", "next"), "'next'"),
    ("manifest_addresses", manifest("documentation", "http://example.com"), "documentation is no https"),
    ("manifest_addresses", manifest("issue_tracker", "issues"), "issue_tracker is no https"),
    (
        "manifest_addresses",
        manifest("documentation", "https://www.home-assistant.io/integrations/solar_cloud"),
        "own pages",
    ),
    ("manifest_choices", manifest("iot_class", "cloud"), "iot_class"),
    ("manifest_choices", manifest("integration_type", "solar"), "integration_type"),
    ("manifest_choices", manifest("quality_scale", "diamond"), "quality_scale"),
    ("manifest_owners", manifest("codeowners", ["somebody"]), "'somebody'"),
    ("manifest_owners", manifest("codeowners", "@somebody"), "no list"),
    (
        "manifest_owners",
        lambda repository: (manifest("codeowners", [])(repository), manifest("quality_scale", "silver")(repository)),
        "needs an owner",
    ),
    ("manifest_requirements", manifest("requirements", ["aiosolar>=1"]), "aiosolar>=1"),
    ("manifest_config_flow", manifest("config_flow", False), "contradict"),
    ("imported_components_are_dependencies", manifest("dependencies", []), "homeassistant.components.recorder"),
    ("dependencies_are_used", manifest("dependencies", ["recorder", "usb"]), "dependency usb"),
    (
        "inner_life_is_used_in_one_module",
        code("book.py", "from homeassistant.components.recorder.tasks import SynchronizeTask"),
        "book.py uses homeassistant.components.recorder.tasks.SynchronizeTask",
    ),
    (
        "inner_life_is_used_in_one_module",
        code("book.py", "def f():\n    from homeassistant.components.energy import data"),
        "homeassistant.components.energy.data",
    ),
    (
        "inner_life_is_used_in_one_module",
        code("book.py", "import homeassistant.components.recorder.db_schema"),
        "homeassistant.components.recorder.db_schema",
    ),
    (
        "inner_life_is_used_in_one_module",
        code("book.py", "from homeassistant.helpers.recorder import DATA_INSTANCE"),
        "DATA_INSTANCE",
    ),
    (
        "inner_life_is_used_in_one_module",
        code("book.py", "from homeassistant.helpers.storage import _StoreManager"),
        "_StoreManager",
    ),
    (
        "inner_life_is_used_in_one_module",
        code("account/storage.py", "class Own(Store):\n    async def _async_write_data(self, data): ..."),
        "account/storage.py uses _async_write_data",
    ),
    ("inner_life_is_used_in_one_module", code("old.py", "x = registry.deleted_entities"), "deleted_entities"),
    ("known_hacs_keys", hacs("domains", ["sensor"]), "unknown key domains"),
    ("known_hacs_keys", hacs("zip_release", "yes"), "wrong type"),
    ("hacs_name", hacs("name", None), "name is missing"),
    ("hacs_name", hacs("name", "Solar"), "differs"),
    ("hacs_minimum_version", hacs("homeassistant", None), "is missing"),
    ("hacs_minimum_version", hacs("homeassistant", "new"), "'new'"),
    ("hacs_zip_release", hacs("filename", None), "needs filename"),
    ("hacs_zip_release", hacs("filename", "other.zip"), "other.zip"),
    ("registered_actions_are_described", services({}), "refresh is registered"),
    ("described_actions_are_registered", services({**SERVICES, "stop": {}}), "stop"),
    ("action_keys", services({"refresh": {"name": "Refresh"}}), "unknown key name"),
    ("action_keys", services({"refresh": "now"}), "no mapping"),
    ("action_keys", services({"refresh": {"fields": {"system": {"required": True}}}}), "no selector"),
    (
        "action_keys",
        services({"refresh": {"fields": {"system": {"selector": {"text": None}, "name": "System"}}}}),
        "unknown key name",
    ),
    ("actions_are_translated", text("services.refresh.description", None), "refresh has no description"),
    ("actions_are_translated", text("services.refresh.fields", {}), "field system has no text"),
    ("actions_are_translated", services({"refresh": {}}), "describes the field system"),
    ("actions_are_translated", text("services.stop", {"name": "Stop"}), "describes the action stop"),
    ("known_icon_keys", icon("sensor", {}), "unknown key sensor"),
    ("known_icon_keys", icon("entity.sensor.status.icon", "mdi:check"), "unknown key icon"),
    ("icon_names", icon("entity.sensor.status.default", "fa:check"), "fa:check"),
    ("default_icons", icon("entity.sensor.status.default", None), "no default"),
    ("default_icons", icon("entity.sensor.status.state.normal", "mdi:check"), "repeats"),
    ("icons_belong_to_something", icon("entity.sensor.speed", {"default": "mdi:car"}), "entity.sensor.speed"),
    (
        "icons_belong_to_something",
        icon("entity.sensor.status.state_attributes.odd.default", "mdi:car"),
        "attribute odd",
    ),
    ("icons_belong_to_something", icon("entity.sensor.status.state.odd", "mdi:car"), "state odd"),
    ("icons_belong_to_something", icon("services.stop", {"service": "mdi:stop"}), "services.stop"),
    ("actions_have_icons", icon("services", {}), "refresh"),
    (
        "every_quality_rule_is_answered",
        lambda repository: repository.yaml("quality_scale.yaml", {"rules": {"brands": "done"}}),
        "rule devices is missing",
    ),
    ("every_quality_rule_is_answered", quality(speed="done"), "no rule speed"),
    ("quality_rule_states", quality(devices="nearly"), "'nearly'"),
    ("quality_rule_states", quality(discovery={"status": "exempt"}), "exempt needs a comment"),
    ("quality_rule_states", quality(discovery={"status": "done", "why": "x"}), "unknown keys why"),
    ("claimed_tier_is_reached", quality(brands="todo"), "brands (bronze)"),
    ("brand_names", image("symbol.png", 256, 256), "symbol.png"),
    ("brand_images_are_transparent_pngs", opaque, "no transparency"),
    ("brand_images_are_transparent_pngs", jpeg, "no PNG"),
    ("brand_images_are_transparent_pngs", image("icon.png", 256, 256, margin=10), "not trimmed"),
    ("brand_sizes", image("icon.png", 128, 128), "128×128"),
    ("brand_sizes", image("logo.png", 400, 100), "shorter side is 100"),
    (
        "brand_sizes",
        lambda repository: (image("logo.png", 400, 200)(repository), image("logo@2x.png", 800, 410)(repository)),
        "not twice",
    ),
    ("known_translation_keys", text("texts", {"a": "b"}), "unknown key texts"),
    ("known_translation_keys", text("config.errors", {"a": "b"}), "unknown key errors"),
    ("known_translation_keys", text("config.step.user.label", "b"), "unknown key label"),
    ("translation_key_form", text("exceptions.RateLimited", {"message": "Wait."}), "'RateLimited'"),
    ("translation_key_form", text("exceptions.rate__limited", {"message": "Wait."}), "'rate__limited'"),
    ("texts_are_plain", text("config.step.user.title", " Which?"), "spaces"),
    ("texts_are_plain", text("config.step.user.title", "<b>Which?</b>"), "HTML"),
    ("texts_are_plain", text("config.step.user.title", "See https://example.com"), "address"),
    ("texts_are_plain", text("config.step.user.title", "[%key:common::title%]"), "refers to another text"),
    ("texts_are_plain", text("config.step.user.title", ""), "no text"),
    ("placeholders_are_names", text("config.step.user.title", "The {0}"), "'0' is no name"),
    ("placeholders_are_names", text("config.step.user.title", "The '{portal}'"), "straight apostrophe"),
    ("placeholders_are_names", text("config.step.user.title", "The {portal"), "config.step.user.title"),
    ("placeholders_are_names", text("entity.sensor.status.state.normal", "{name}"), "a state"),
    ("fields_are_described", text("config.step.account.data_description", {}), "api_key has no data_description"),
    ("fields_are_described", text("config.step.account.data_description.x", "X."), "x is described but not in data"),
    ("fields_are_described", text("config.step.account.sections.advanced.data_description", {}), "plan has no"),
    ("subentry_texts", text("config_subentries.system", "System"), "structure"),
    ("subentry_texts", text("config_subentries.system.entry_type", None), "no entry_type"),
    ("subentry_texts", text("config_subentries.system.initiate_flow", {}), "no initiate_flow.user"),
    ("issue_texts", text("issues.system_gone.description", None), "either description or fix_flow"),
    ("issue_texts", text("issues.system_gone.title", None), "no title"),
    ("exception_texts", text("exceptions.rate_limited.title", "Wait"), "nothing else"),
    ("entity_texts", text("entity.meter.power", {"name": "Power"}), "no platform"),
    ("entity_texts", text("entity.button.power", {"name": "Power"}), "no button.py"),
    ("entity_texts", text("entity.sensor.power.title", "Power"), "unknown key title"),
    ("entity_texts", text("entity.sensor.power.state_attributes.key", "Key"), "neither name nor states"),
    ("entity_texts", text("entity.sensor.power.state_attributes.key.title", "Key"), "key: unknown key title"),
    ("entity_texts", text("entity.sensor.power.state_attributes.key.state", "Key"), "key.state has no states"),
    ("entity_texts", text("entity.sensor.power.state_attributes.speed.name", "Speed"), "speed is not in the code"),
    ("entity_keys_have_texts", text("entity.sensor.power", None), "entity.sensor.power is missing"),
    (
        "entity_keys_have_texts",
        code("entities/flow_sensors.py", 'FLOW = FlowSensorDescription(key="grid", translation_key="grid")'),
        "entity.sensor.grid is missing",
    ),
    (
        "entity_keys_have_texts",
        code("entities/binary_sensors.py", 'LINK = LinkSensorDescription(key="link", translation_key="link")'),
        "entity.binary_sensor.link is missing",
    ),
    (
        "device_classes_name_their_entities",
        text("entity.sensor.voltage", {"name": "Voltage"}),
        "entity.sensor.voltage has a name",
    ),
    ("entity_texts_are_used", text("entity.sensor.speed", {"name": "Speed"}), "entity.sensor.speed"),
    ("keys_have_texts", text("exceptions", {}), "exceptions.rate_limited is missing"),
    ("keys_have_texts", text("issues", {}), "issues.system_gone is missing"),
    ("keys_have_texts", text("selector", {}), "selector.plan is missing"),
    ("texts_are_used", text("exceptions.on_fire", {"message": "Run."}), "exceptions.on_fire"),
    ("placeholders_are_given", text("exceptions.rate_limited.message", "Wait until {until}."), "until not given"),
    ("placeholders_are_given", text("exceptions.rate_limited.message", "Wait."), "name given"),
    ("placeholders_are_in_the_code", text("config.step.account.description", "See {page}."), "the code has no page"),
    ("flow_steps_have_texts", text("config.step.account", None), "step account is missing"),
    ("flow_steps_have_texts", text("config_subentries.system.step", {}), "config_subentries: step user"),
    ("step_texts_are_used", text("config.step.limits", {"title": "Limits"}), "config.step.limits"),
    ("menus_have_texts", text("config.step.user.menu_options", {}), "menu item account is missing"),
    ("menus_have_texts", text("config.step.user.menu_options.oauth", "OAuth"), "menu item oauth leads to no step"),
    ("menu_titles_name_nothing", text("config.step.user.title", "Add {name}"), "config.step.user.title"),
    ("fields_have_texts", text("config.step.account.data", {}), "field api_key"),
    ("labels_belong_to_fields", text("config.step.account.data.user_id", "User"), "user_id"),
    (
        "flow_placeholders_are_used",
        text("config.step.account.description", "No address."),
        "step account is given portal",
    ),
    ("flow_errors_have_texts", text("config.error", {}), "error invalid_auth is missing"),
    (
        "flow_errors_have_texts",
        added("config_flow.py", CONFIG_FLOW, '\nRESULT = {"base": "cannot_connect"}\n'),
        "error cannot_connect is missing",
    ),
    ("flow_aborts_have_texts", text("config.abort.wrong_account", None), "config: abort wrong_account"),
    ("flow_aborts_have_texts", text("config.abort.already_configured", None), "config: abort already_configured"),
    ("flow_aborts_have_texts", text("config_subentries.system.abort", {}), "abort entry_not_loaded"),
    ("error_and_abort_texts_are_used", text("config.error.on_fire", "Run."), "config.error.on_fire"),
    (
        "sentences_are_short",
        lambda repository: repository.write("docs/page.md", " ".join(["word"] * 31)),
        "docs/page.md: a sentence of 31 words",
    ),
    (
        "sentences_are_short_on_average",
        lambda repository: repository.write("README.md", " ".join(["word"] * 30)),
        "15.50 words on average",
    ),
    (
        "sentences_of_texts_are_short",
        text("exceptions.rate_limited.message", f"{' '.join(['word'] * 31)}."),
        "exceptions.rate_limited.message: a sentence of 31 words",
    ),
    (
        "sentences_of_texts_are_short_on_average",
        text("exceptions.rate_limited.message", f"{' '.join(['word'] * 30)}. " * 9 + "End."),
        "words on average, 11 at most",
    ),
]


@pytest.mark.parametrize(("rule", "spoil", "complaint"), BAD, ids=[f"{case[0]}-{case[2]}" for case in BAD])
def test_a_rule_finds_what_it_is_there_for(
    repository: Repository, rule: str, spoil: Callable[[Repository], object], complaint: str
) -> None:
    spoil(repository)

    found = [str(finding) for finding in findings(Project(repository.root)) if finding.rule == rule]

    assert any(complaint in line for line in found), found


def test_every_rule_has_a_case_that_it_complains_about() -> None:
    # tests/test_validate_languages.py has the cases of the rules about languages.
    of_languages = {
        name for name, (_, check) in RULES.items() if check.__module__ in {"validator.languages", "validator.terms"}
    }
    assert {case[0] for case in BAD} == set(RULES) - of_languages


def test_the_quality_scale_has_54_rules() -> None:
    assert len(RULE_NAMES) == 54


def test_a_tier_that_is_not_claimed_may_have_things_to_do(repository: Repository) -> None:
    quality(devices="todo")(repository)

    assert findings(Project(repository.root)) == []


def test_an_entity_that_its_device_class_names_needs_no_text_and_may_have_an_icon(repository: Repository) -> None:
    voltage = 'VOLTAGE = SensorEntityDescription(key="voltage", translation_key="voltage")'
    repository.code("entities/sensors.py", voltage)
    icon("entity.sensor.voltage", {"default": "mdi:sine-wave"})(repository)

    assert findings(Project(repository.root)) == []


def test_a_key_that_an_f_string_makes_counts_as_used(repository: Repository) -> None:
    repository.code("const.py", 'def key(cloud): return f"{cloud}_plan"')
    text("selector.enphase_plan", {"options": {"watt": "Watt"}})(repository)

    assert findings(Project(repository.root)) == []


def test_a_step_that_flows_of_several_kinds_share_is_a_step_of_each(repository: Repository) -> None:
    shared = "class ImportSteps(FlowHandler):\n    async def async_step_confirm(self, user_input=None): ...\n"
    repository.code("flows/shared.py", shared)
    repository.code("config_flow.py", CONFIG_FLOW.replace("(ConfigSubentryFlow)", "(ImportSteps, ConfigSubentryFlow)"))
    repository.code("repairs.py", "class ImportFlow(ImportSteps, RepairsFlow): ...")
    expected = {f"{area}: step confirm is missing" for area in ("config_subentries", "issues")}

    found = [str(finding) for finding in findings(Project(repository.root))]

    assert all(any(complaint in line for line in found) for complaint in expected), found
    text("config_subentries.system.step.confirm", {"title": "Import?"})(repository)
    assert not [str(one) for one in findings(Project(repository.root)) if "config_subentries" in str(one)]


def test_a_reason_that_a_flow_gives_takes_the_place_of_home_assistants_own(repository: Repository) -> None:
    step = """
    async def async_step_reconfigure(self, user_input=None):
        return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), reason="prices_saved")
"""
    repository.code("config_flow.py", CONFIG_FLOW + step)

    aborts = [str(one) for one in findings(Project(repository.root)) if one.rule == "flow_aborts_have_texts"]

    assert len(aborts) == 1
    assert "abort prices_saved" in aborts[0]


def test_an_empty_folder_gives_findings_and_no_traceback(tmp_path: Path) -> None:
    assert {finding.rule for finding in findings(Project(tmp_path))} == {"required_files_exist"}
