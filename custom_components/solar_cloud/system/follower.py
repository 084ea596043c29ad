"""What keeps up with a system beside its entities: the device registry and the repairs."""

from homeassistant.core import callback


class Follower:
    """Is called by a `SystemCoordinator` at the moments that plain listeners do not hear of.

    Home Assistant calls listeners when the data or their success have changed, and only then. Followers are called each
    time, in the order in which they were added, and before the listeners: a device must be registered before entities
    are added to it.
    """

    @callback
    def async_restored(self) -> None:
        """Take up what was known before a restart; nothing has been read yet."""

    @callback
    def async_jobs_ran(self) -> None:
        """Look at how the jobs that were due have fared; what they brought is not published yet."""

    @callback
    def async_refreshed(self) -> None:
        """Look at the newest data: a refresh has succeeded, whether or not it brought anything new."""

    @callback
    def async_turned(self) -> None:
        """Look at what changes when the system's day or its light ends."""
