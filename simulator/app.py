"""The simulator: both vendors' clouds and the control API as one web application."""

from .clock import Clock
from .clouds import Clouds
from .control.routes import routes
from .disturbances import Disturbances
from .enphase.v2 import EnphaseV2
from .enphase.v4 import EnphaseV4
from .paths import ENPHASE_PATH, ENPHASE_V4_PATH, SOLAREDGE_OAUTH_PATH, SOLAREDGE_PATH
from .server import Server
from .service import Service
from .solaredge.api import SolarEdge
from .solaredge.tokens import SolarEdgeTokens


class Simulator(Clouds):
    """Both clouds, and the web application that answers for them."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin without plants, credentials, or faults; the plans are the vendors' free ones."""
        super().__init__(clock)
        server = Server(self.clock, self._log, self._faults)
        self.disturbances = Disturbances(self.clock, self._log)
        self.app = server.application(self._services(), routes(self), self.disturbances.middleware)

    def _services(self) -> tuple[Service, ...]:
        plants, accounts, switches, quotas = self.plants, self.accounts, self.switches, self.quotas
        sites = self.solaredge_grants
        return (
            EnphaseV2(ENPHASE_PATH, quotas["enphase"], plants, switches, accounts),
            EnphaseV4(ENPHASE_V4_PATH, self.v4_quota, plants, switches, accounts, self.grants),
            self._enphase_oauth,
            SolarEdge(SOLAREDGE_PATH, self.solaredge_quota, plants, switches, accounts, sites),
            SolarEdgeTokens(SOLAREDGE_OAUTH_PATH, self.solaredge_quota, sites, switches),
            self._solaredge_connect,
        )
