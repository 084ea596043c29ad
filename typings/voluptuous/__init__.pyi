# Home Assistant puts probatio in voluptuous' place when it is imported; type checkers have to be told.
from probatio import *
