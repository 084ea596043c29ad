"""The part of the account's flow that replaces a credential which its cloud refuses: a key, or a sign-in."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_API_KEY
import voluptuous as vol

from ..account.metered import is_signed_in
from ..cloud.vendor_text import in_markdown
from ..const import CONF_ACCOUNT_KEY, CONF_CLOUD, CONF_USER_ID
from .forms import credential_fields, key_schema
from .sign_in import SignInFlow

KEYS = (CONF_API_KEY, CONF_USER_ID, CONF_ACCOUNT_KEY)
"""What names an account that is not signed in to."""


class ReauthSteps(SignInFlow):
    """Asks for a new key, or has the owner sign in again; plan and address stay."""

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to replace a credential that the cloud refuses."""
        self._data = dict(entry_data)
        return await (
            self.async_step_reauth_sign_in() if is_signed_in(self._data) else self.async_step_reauth_confirm()
        )

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the new key; plan and address stay."""
        errors: dict[str, str] = {}
        if user_input is not None:
            kept = {key: value for key, value in self._get_reauth_entry().data.items() if key not in KEYS}
            self._data = kept | {key: text.strip() for key in KEYS if (text := user_input.get(key))}
            await self._async_name_account()
            errors, result = await self._async_try()
            if result is not None:
                return result
        known = {CONF_USER_ID: self._data[CONF_USER_ID]} if CONF_USER_ID in self._data else {}
        schema = vol.Schema(credential_fields(self._data[CONF_CLOUD]))
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
            description_placeholders={"name": in_markdown(self._get_reauth_entry().title), "host": self._host},
        )

    async def async_step_reauth_sign_in(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Have the owner sign in again, or take a new API key where only that has changed."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if not (key := (user_input.get(CONF_API_KEY) or "").strip()):
                self._data = dict(self._get_reauth_entry().data)
                return await self.async_step_sign_in_again()
            # The consent may live: only the application's key was made anew.
            self._data[CONF_API_KEY] = key
            await self._async_name_account()
            errors, result = await self._async_try()
            if result is not None:
                return result
        return self.async_show_form(
            step_id="reauth_sign_in",
            data_schema=self.add_suggested_values_to_schema(key_schema(self._data[CONF_CLOUD]), user_input or {}),
            errors=errors,
            description_placeholders={"name": in_markdown(self._get_reauth_entry().title), "host": self._host},
        )

    async def async_step_sign_in_again(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Get a new grant for the account; all else stays."""
        self._signing_in = True
        return await self.async_step_pick_implementation()
